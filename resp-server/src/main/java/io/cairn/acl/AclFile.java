package io.cairn.acl;

import io.cairn.config.TextFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/** A file of users: lines {@code user name rule ...}, one char a byte, no comments. Redis: ACLLoadFromFile, ACLSaveToFile. */
final class AclFile {
    private final String name;
    private final Path path;

    /** @param name as it was configured, relative to {@code dir} */
    AclFile(Path dir, String name) {
        this.name = name;
        this.path = dir.resolve(name);
    }

    /**
     * Reads all users, or none where one line is wrong. Blocks.
     *
     * @param blank makes a user without rights
     * @throws RuleException with everything that is wrong
     */
    Map<String, UserRights> read(Supplier<UserRights> blank) throws RuleException {
        List<String> lines;
        try {
            lines = Files.readString(path, StandardCharsets.ISO_8859_1).lines().toList();
        } catch (NoSuchFileException e) {
            throw new RuleException("Error loading ACLs, opening file '" + name + "': No such file or directory");
        } catch (IOException e) {
            throw new RuleException("Error loading ACLs, opening file '" + name + "': " + e);
        }
        Map<String, UserRights> users = new TreeMap<>();
        StringBuilder errors = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i).strip();
            if (!line.isEmpty()) {
                read(line, name + ":" + (i + 1), users, blank, errors);
            }
        }
        if (!errors.isEmpty()) {
            throw new RuleException(errors
                    + "WARNING: ACL errors detected, no change to the previously active ACL rules was performed");
        }
        return users;
    }

    private static void read(
            String line,
            String place,
            Map<String, UserRights> users,
            Supplier<UserRights> blank,
            StringBuilder errors) {
        List<String> words = Arrays.asList(line.split(" "));
        if (!words.get(0).equals("user") || words.size() < 2) {
            errors.append(place).append(" should start with user keyword followed by the username. ");
            return;
        }
        String user = words.get(1);
        if (Selector.hasSpaces(user)) {
            errors.append('\'').append(place).append(": username '").append(user);
            errors.append("' contains invalid characters. ");
            return;
        }
        UserRights rights = blank.get();
        if (users.put(user, rights) != null) {
            errors.append("WARNING: Duplicate user '").append(user).append("' found on line ");
            errors.append(place.substring(place.lastIndexOf(':') + 1)).append(". ");
            return;
        }
        List<String> rules;
        try {
            rules = UserRights.merged(words.subList(2, words.size()));
        } catch (RuleException e) {
            errors.append(place).append(": Unmatched parenthesis in selector definition.");
            return;
        }
        apply(rules, place, rights, errors);
    }

    /** Of a rule that is not understood nothing is shown: it may be a password. */
    private static void apply(List<String> rules, String place, UserRights rights, StringBuilder errors) {
        boolean told = false;
        for (String rule : rules) {
            try {
                rights.apply(rule.strip());
            } catch (RuleException e) {
                if (e.why() == RuleException.Why.UNKNOWN_COMMAND) {
                    errors.append(place)
                            .append(": Error in applying operation '")
                            .append(rule)
                            .append("': ");
                    errors.append(e.text()).append(". ");
                } else if (!told) {
                    errors.append(place).append(": ").append(e.text()).append(". ");
                    told = true;
                }
            }
        }
    }

    /** Replaces the file at once; it is on disk when this returns. Blocks. */
    void write(List<User> users) throws IOException {
        List<String> lines = new ArrayList<>();
        users.forEach(
                user -> lines.add("user " + user.name() + " " + user.rights().describe() + "\n"));
        Path target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
        TextFile.replace(target, String.join("", lines), StandardCharsets.ISO_8859_1);
    }
}
