package io.cairn.acl;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UserRulesTest {
    private static final String SECRET = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    private AclFixture users;

    @BeforeEach
    void make() throws Exception {
        users = new AclFixture();
    }

    @Test
    void passwordsAreKeptAsHashes() throws Exception {
        User user = users.user("u", "on", ">secret", ">secret", ">other");
        assertThat(user.rights().passwords()).hasSize(2).contains(SECRET);
        assertThat(users.acl.login("u", "secret".getBytes(UTF_8))).isSameAs(user);
        assertThat(users.acl.login("u", "wrong".getBytes(UTF_8))).isNull();
        users.user("u", "!" + SECRET);
        assertThat(users.acl.login("u", "secret".getBytes(UTF_8))).isNull();
        assertThat(users.acl.login("u", "other".getBytes(UTF_8))).isSameAs(user);
        users.user("u", "#" + SECRET, "off");
        assertThat(users.acl.login("u", "secret".getBytes(UTF_8))).isNull();
        users.user("u", "on", "nopass");
        assertThat(users.acl.login("u", "anything".getBytes(UTF_8))).isSameAs(user);
        assertThat(user.rights().passwords()).isEmpty();
    }

    @Test
    void rulesThatCannotBeAreRefusedInRedisWordsAndChangeNothing() throws Exception {
        User user = users.user("u", "on", "+get", "~a");
        String before = user.rights().describe();
        String[][] wrong = {
            {"+nosuch", "Unknown command or category name in ACL"},
            {"+@nosuch", "Unknown command or category name in ACL"},
            {"+config|nosuch", "Unknown command or category name in ACL"},
            {"+config|get|x", "Allowing first-arg of a subcommand is not supported"},
            {"+select|", "Syntax error"},
            {"nosuch", "Syntax error"},
            {"%X~a", "Syntax error"},
            {"%~a", "Syntax error"},
            {"~a b", "Syntax error"},
            {"(+get ~a", "Unmatched parenthesis in acl selector starting at '(+get ~a'."},
            {"(nosuch)", "Syntax error"},
            {"<nosuch", "The password you are trying to remove from the user does not exist"},
            {"#12", "The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters"
            },
        };
        for (String[] each : wrong) {
            assertThatThrownBy(() -> users.user("u", "+set", "&x", each[0]))
                    .as(each[0])
                    .isInstanceOf(RuleException.class)
                    .hasMessageEndingWith(each[1]);
        }
        assertThatThrownBy(() -> users.user("u", "~*", "~b")).hasMessageContaining("Try 'resetkeys'");
        assertThatThrownBy(() -> users.user("u", "&*", "&b")).hasMessageContaining("Try 'resetchannels'");
        assertThat(user.rights().describe()).isEqualTo(before);
        assertThatThrownBy(() -> users.user("new", "nosuch")).isInstanceOf(RuleException.class);
        assertThat(users.acl.find("new")).isNull();
    }

    @Test
    void resetIsAUserWithoutRights() throws Exception {
        User user = users.user("u", "on", ">p", "+@all", "~*", "&*", "(+get ~x)");
        users.user("u", "reset");
        assertThat(user.rights().describe()).isEqualTo("off sanitize-payload resetchannels -@all");
    }

    @Test
    void newUsersHaveChannelsWhereTheConfigurationSaysSo() throws Exception {
        AclFixture open = new AclFixture("--acl-pubsub-default", "allchannels");
        assertThat(open.user("u").rights().describe()).isEqualTo("off &* -@all");
        assertThat(users.user("u").rights().describe()).isEqualTo("off resetchannels -@all");
    }

    @Test
    void thePasswordOfTheDefaultUserIsRequirepass() throws Exception {
        assertThat(users.acl.passwordRequired()).isFalse();
        AclFixture closed = new AclFixture("--requirepass", "secret");
        assertThat(closed.acl.passwordRequired()).isTrue();
        assertThat(closed.acl.defaultUser().rights().describe()).isEqualTo("on #" + SECRET + " ~* &* +@all");
        closed.user("default", "off", "nopass");
        assertThat(closed.acl.passwordRequired()).isTrue();
        closed.user("default", "on");
        assertThat(closed.acl.passwordRequired()).isFalse();
    }

    /** What a user is described by makes the same user again: that is what files hold. */
    @Test
    void aDescriptionMakesTheSameUser() throws Exception {
        List<String> rules = new ArrayList<>(List.of(
                "+@all",
                "-@all",
                "+select|1",
                "+select|2",
                "+config",
                "-config|set",
                "+config|get",
                "~k*",
                "%R~r",
                "%W~r",
                "&ch",
                "resetkeys",
                "resetchannels",
                "allkeys",
                "on",
                "nopass",
                ">p",
                "(+get ~x)",
                "(+@read %R~y &z)"));
        for (String category : CommandNames.CATEGORIES) {
            rules.add("+@" + category);
            rules.add("-@" + category);
        }
        for (int id = 0; id < AclFixture.TABLE.size(); id += 7) {
            rules.add("+" + AclFixture.TABLE.command(id).name());
            rules.add("-" + AclFixture.TABLE.command(id).name());
        }
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            User user = users.user("u" + seed, "reset");
            for (int i = 0; i < 12; i++) {
                try {
                    users.user("u" + seed, rules.get(random.nextInt(rules.size())));
                } catch (RuleException e) {
                    assertThat(e.text()).as("seed " + seed).contains("not valid");
                }
            }
            String description = user.rights().describe();
            User again = users.user("again" + seed, description.split(" "));
            assertThat(again.rights().describe()).as("seed " + seed).isEqualTo(description);
            for (String call :
                    List.of("get k1", "set r v", "config get x", "config set x y", "select 1", "publish ch m")) {
                assertThat(users.judge(again, call))
                        .as("seed %d: %s", seed, call)
                        .isEqualTo(users.judge(user, call));
            }
        }
    }

    @Test
    void usersOfTheConfigurationAreThere() throws Exception {
        AclFixture made = new AclFixture("--user", "alice on >secret ~a* +get", "--user", "default off");
        assertThat(made.acl.login("alice", "secret".getBytes(UTF_8))).isNotNull();
        assertThat(made.acl.defaultUser().rights().describe()).isEqualTo("off resetchannels -@all");
        assertThatThrownBy(() -> new AclFixture("--user", "bob +nosuch"))
                .hasMessage(
                        "Error loading ACL rule '+nosuch' for the user named 'bob': Unknown command or category name"
                                + " in ACL");
        assertThatThrownBy(() -> new AclFixture("--user", "bob on", "--user", "bob off"))
                .hasMessageContaining("Duplicate user found");
    }
}
