package io.cairn.acl;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AclFileTest {
    @TempDir
    private Path dir;

    private AclFixture load(String... lines) throws Exception {
        Files.write(dir.resolve("users.acl"), List.of(lines), ISO_8859_1);
        return new AclFixture("--dir", dir.toString(), "--aclfile", "users.acl");
    }

    @Test
    void whatIsSavedIsLoaded() throws Exception {
        AclFixture users = load("user alice on nopass ~caf\u00e9* +get (+set ~x)", "", "user bob off");
        users.user("carol", "on", ">p", "&c");
        users.acl.save();
        List<String> saved = Files.readAllLines(dir.resolve("users.acl"), ISO_8859_1);
        assertThat(saved).hasSize(4).anyMatch(line -> line.startsWith("user alice on nopass ~caf\u00e9* "));
        AclFixture again = load(saved.toArray(new String[0]));
        assertThat(again.acl.users().stream()
                        .map(user -> user.rights().describe())
                        .toList())
                .isEqualTo(users.acl.users().stream()
                        .map(user -> user.rights().describe())
                        .toList());
        assertThat(dir.toFile().list()).hasSize(1);
    }

    @Test
    void loadingReplacesAllUsersButKeepsWhoTheDefaultUserIs() throws Exception {
        AclFixture users = load("user alice on +@all ~* &*", "user default on nopass -@all");
        User alice = users.acl.find("alice");
        User other = users.acl.defaultUser();
        assertThat(other.unrestricted()).isFalse();
        users.user("bob", "on");
        Files.write(dir.resolve("users.acl"), List.of("user alice on +@all ~* &*"));
        users.acl.load();
        assertThat(users.acl.find("bob")).isNull();
        assertThat(users.acl.find("alice")).isNotSameAs(alice);
        assertThat(alice).isNotNull().matches(user -> !user.unrestricted());
        assertThat(users.acl.defaultUser()).isSameAs(other).matches(User::unrestricted);
    }

    @Test
    void oneWrongLineChangesNothing() throws Exception {
        AclFixture users = load("user alice on");
        Files.write(
                dir.resolve("users.acl"),
                List.of(
                        "user bob on",
                        "user bob off",
                        "#comment",
                        "user carol +nosuch",
                        "user dan >p wrong-secret",
                        "user eve ("));
        assertThatThrownBy(users.acl::load)
                .hasMessageContaining("Duplicate user 'bob' found on line 2")
                .hasMessageContaining("users.acl:3 should start with user keyword")
                .hasMessageContaining("users.acl:4: Error in applying operation '+nosuch': Unknown command")
                .hasMessageContaining("users.acl:5: Syntax error")
                .hasMessageContaining("users.acl:6: Unmatched parenthesis")
                .hasMessageEndingWith("no change to the previously active ACL rules was performed")
                .message()
                .doesNotContain("secret");
        assertThat(users.acl.find("alice")).isNotNull();
        assertThat(users.acl.find("bob")).isNull();
        Files.delete(dir.resolve("users.acl"));
        assertThatThrownBy(users.acl::load).hasMessageContaining("No such file or directory");
    }

    @Test
    void aFileAndLinesOfTheConfigurationAreTooMuch() throws Exception {
        load("user alice on");
        assertThatThrownBy(() -> new AclFixture("--dir", dir.toString(), "--aclfile", "users.acl", "--user", "bob on"))
                .hasMessageContaining("but not both");
    }
}
