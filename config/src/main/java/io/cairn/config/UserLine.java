package io.cairn.config;

import java.util.List;

/**
 * A line that defines an ACL user.
 *
 * @param rules as ACL SETUSER takes them
 */
public record UserLine(String name, List<String> rules) {
    public UserLine {
        rules = List.copyOf(rules);
    }
}
