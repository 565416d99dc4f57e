use super::*;

/// However many tools a host has, what is worked out beforehand for a tool is what its name says.
#[test]
fn tools_beyond_the_first_64_are_told_apart_like_the_others() {
    let names: Vec<String> = (0..200).map(|number| format!("tool_{number:03}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let exact = |name: &str| ToolPattern::Exact(name.into());
    let lists = [
        vec![
            exact("tool_000"),
            exact("tool_063"),
            exact("tool_064"),
            exact("tool_127"),
            exact("tool_128"),
            exact("tool_199"),
        ],
        vec![ToolPattern::Prefix("tool_1".into())],
        vec![ToolPattern::Prefix("tool_07".into()), exact("tool_065"), exact("elsewhere")],
        vec![exact("tool_001")],
    ];
    for patterns in lists {
        for count in [1, 63, 64, 65, 127, 128, 129, 200] {
            let known = &names[..count];
            let tools = Tools::new(patterns.clone().into(), known);
            for (at, name) in names.iter().enumerate() {
                let expected = patterns.iter().any(|pattern| pattern.matches(name));
                let position = (at < count).then_some(at);
                assert_eq!(tools.include(Tool { name, position }), expected, "{name} of {count}");
                // by its place alone, whatever it is called
                let by_place = tools.include(Tool { name: "", position: Some(at) });
                assert_eq!(by_place, expected && at < count, "place {at} of {count}");
            }
            let first = (0..64).filter(|at| tools.first_known() >> at & 1 == 1).count();
            let expected =
                known.iter().take(64).filter(|name| patterns.iter().any(|pattern| pattern.matches(name)));
            assert_eq!(first, expected.count());
        }
    }
}
