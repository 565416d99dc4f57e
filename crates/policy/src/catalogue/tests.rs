use super::*;

#[test]
fn the_reach_of_a_known_tool_outlives_its_registration() {
    let mut catalogue = Catalogue::built_in();
    catalogue.insert("repo_list", Capability::Read);
    assert_eq!(catalogue.reach("repo_list"), Some(Reach::Nothing));
    catalogue.insert_with_arguments("repo_read_file", Capability::Read, ["path"]);
    assert_eq!(catalogue.reach("repo_read_file"), Some(Reach::NamedPaths));

    catalogue.insert("repo_list", Capability::Write);
    assert_eq!(catalogue.reach("repo_list"), None, "another tool of that name");
    catalogue.insert("ticket_open", Capability::Write);
    assert_eq!(catalogue.reach("ticket_open"), None);
    assert!(catalogue.set_reach("ticket_open", Reach::Repository));
    assert_eq!(catalogue.reach("ticket_open"), Some(Reach::Repository));
    assert!(!catalogue.set_reach("ticket_close", Reach::Repository));
}
