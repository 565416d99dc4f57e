package gitoma

import rego.v1

# Rules are data, by scope and effect, and global ones also by tool where the bench fills the mark behind them in.
# `tools` is an object, so that a rule for another tool costs one look-up. A path stands between slashes, so that
# `start` and `end` of a pattern compare whole segments.

decision := {"allow": false, "code": "write_mode_off", "rules": set()} if {
	input.writes
	not input.write_mode
} else := {"allow": false, "code": "repository_not_whitelisted", "rules": set()} if {
	input.writes
	not data.repositories[input.repository].write
} else := {"allow": false, "code": "denied", "rules": denying} if {
	count(denying) > 0
} else := {"allow": true, "code": "allowed", "rules": {grant[1] | some grant in grants}} if {
	count({grant[0] | some grant in grants}) == count(input.paths)
} else := {"allow": false, "code": "default_deny", "rules": set()}

denying contains rule.id if {
	some rule in data.global.deny__INDEX__
	rule.tools[input.tool]
	concerns(rule)
	some path in input.paths
	meets(rule, path)
}

denying contains rule.id if {
	some rule in data.repositories[input.repository].deny
	rule.tools[input.tool]
	concerns(rule)
	some path in input.paths
	meets(rule, path)
}

grants contains [path, rule.id] if {
	some rule in data.global.allow__INDEX__
	rule.tools[input.tool]
	concerns(rule)
	some path in input.paths
	meets(rule, path)
}

grants contains [path, rule.id] if {
	some rule in data.repositories[input.repository].allow
	rule.tools[input.tool]
	concerns(rule)
	some path in input.paths
	meets(rule, path)
}

concerns(rule) if rule.everyone

concerns(rule) if rule.principals[input.principal]

meets(rule, _) if rule.everywhere

meets(rule, path) if {
	some pattern in rule.paths
	startswith(path, pattern.start)
	endswith(path, pattern.end)
}

meets(rule, path) if {
	some name in rule.names
	contains(path, name)
}
