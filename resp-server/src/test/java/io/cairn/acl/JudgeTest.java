package io.cairn.acl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class JudgeTest {
    private AclFixture users;

    @BeforeEach
    void make() throws Exception {
        users = new AclFixture();
    }

    @Test
    void theDefaultUserMayDoEverything() {
        assertThat(users.acl.defaultUser().unrestricted()).isTrue();
        assertThat(users.judge(users.acl.defaultUser(), "flushall")).isEqualTo("ok");
    }

    @Test
    void aNewUserMayNothingButLogIn() throws Exception {
        User user = users.user("u");
        assertThat(users.judge(user, "get k")).isEqualTo("COMMAND 0");
        assertThat(users.judge(user, "auth u p")).isEqualTo("ok");
        assertThat(user.rights().opens(new byte[0])).isFalse();
    }

    @Test
    void commandsAreAllowedByNameCategorySubcommandAndFirstArgument() throws Exception {
        User user = users.user("u", "~*", "+@string", "-append", "+config|get", "+select|0");
        assertThat(users.judge(user, "get k")).isEqualTo("ok");
        assertThat(users.judge(user, "append k v")).isEqualTo("COMMAND 0");
        assertThat(users.judge(user, "lpush k v")).isEqualTo("COMMAND 0");
        assertThat(users.judge(user, "CONFIG GET x")).isEqualTo("ok");
        assertThat(users.judge(user, "config set x y")).isEqualTo("COMMAND 0");
        assertThat(users.judge(user, "select 0")).isEqualTo("ok");
        assertThat(users.judge(user, "select 1")).isEqualTo("COMMAND 0");
        assertThat(user.rights().describe()).contains("+select|0").contains("+config|get");
    }

    @Test
    void whatWasTakenAwayAfterAllCommandsIsDenied() throws Exception {
        User user = users.user("u", "allkeys", "allchannels", "+@all");
        assertThat(user.unrestricted()).isTrue();
        users.user("u", "-get");
        assertThat(user.unrestricted()).isFalse();
        assertThat(users.judge(user, "get k")).isEqualTo("COMMAND 0");
        assertThat(users.judge(user, "set k v")).isEqualTo("ok");
    }

    @Test
    void keysAreReadAndWrittenByDifferentRights() throws Exception {
        User user = users.user("u", "+@all", "%R~r*", "%W~w*", "~both*", "-sort");
        assertThat(users.judge(user, "get r")).isEqualTo("ok");
        assertThat(users.judge(user, "get w")).isEqualTo("KEY 1");
        assertThat(users.judge(user, "set w v")).isEqualTo("ok");
        assertThat(users.judge(user, "set w v get")).isEqualTo("KEY 1");
        assertThat(users.judge(user, "set w v ifeq x")).isEqualTo("KEY 1");
        assertThat(users.judge(user, "copy r w")).isEqualTo("ok");
        assertThat(users.judge(user, "copy w r")).isEqualTo("KEY 1");
        assertThat(users.judge(user, "copy r r2")).isEqualTo("KEY 2");
        assertThat(users.judge(user, "rename both1 w")).isEqualTo("ok");
        assertThat(users.judge(user, "bitfield r get u8 0")).isEqualTo("ok");
        assertThat(users.judge(user, "bitfield r set u8 0 1")).isEqualTo("KEY 1");
        assertThat(users.judge(user, "mset w1 v w2 v other v")).isEqualTo("KEY 5");
        assertThat(users.judge(user, "zunionstore w 2 r1 r2")).isEqualTo("ok");
        assertThat(users.judge(user, "zunionstore w 2 r1 x2")).isEqualTo("KEY 4");
        assertThat(users.judge(user, "sinterstore r 1")).isEqualTo("KEY 1");
        assertThat(users.judge(user, "georadius r 0 0 1 m store w")).isEqualTo("ok");
        assertThat(users.judge(user, "georadius r 0 0 1 m store x")).isEqualTo("KEY 7");
        assertThat(users.judge(user, "xread count 1 streams r1 x2 0 0")).isEqualTo("KEY 5");
        // Whether a key is there takes no right but that to name it.
        assertThat(users.judge(user, "exists w")).isEqualTo("ok");
        assertThat(users.judge(user, "exists x")).isEqualTo("KEY 1");
    }

    @Test
    void selectorsDoNotAddUp() throws Exception {
        User user = users.user("u", "-@all", "(+get ~a*)", "(+set", "~b*)");
        assertThat(users.judge(user, "get a")).isEqualTo("ok");
        assertThat(users.judge(user, "set b v")).isEqualTo("ok");
        assertThat(users.judge(user, "get b")).isEqualTo("KEY 1");
        assertThat(users.judge(user, "del a")).isEqualTo("COMMAND 0");
        assertThat(user.rights().describeSelectors()).hasSize(3);
        users.user("u", "clearselectors");
        assertThat(user.rights().describeSelectors()).hasSize(1);
        assertThat(users.judge(user, "get a")).isEqualTo("COMMAND 0");
    }

    @Test
    void channelsAreMatchedAndPatternsComparedLiterally() throws Exception {
        User user = users.user("u", "+@all", "~*", "resetchannels", "&app:*", "&one");
        assertThat(users.judge(user, "publish app:1 m")).isEqualTo("ok");
        assertThat(users.judge(user, "publish other m")).isEqualTo("CHANNEL 1");
        assertThat(users.judge(user, "subscribe one app:2 other")).isEqualTo("CHANNEL 3");
        assertThat(users.judge(user, "psubscribe app:*")).isEqualTo("ok");
        assertThat(users.judge(user, "psubscribe app:1*")).isEqualTo("CHANNEL 1");
        assertThat(users.judge(user, "psubscribe *")).isEqualTo("CHANNEL 1");
        assertThat(users.judge(user, "unsubscribe other")).isEqualTo("ok");
    }

    @Test
    void sortFollowsPatternsOnlyForWhoReadsEverything() throws Exception {
        User some = users.user("some", "+sort", "~l*");
        assertThat(users.judge(some, "sort l alpha")).isEqualTo("ok");
        assertThat(users.judge(some, "sort l by nosort")).isEqualTo("ok");
        assertThat(users.judge(some, "sort l by w_*")).startsWith("ERR BY option of SORT denied");
        assertThat(users.judge(some, "sort l get #")).startsWith("ERR GET option of SORT denied");
        assertThat(users.judge(some, "sort l store x")).isEqualTo("KEY 3");
        User all = users.user("all", "+sort", "%R~*");
        assertThat(users.judge(all, "sort l by w_* get x_*")).isEqualTo("ok");
        // Not even where another selector reads every key, but may not sort.
        User apart = users.user("apart", "+sort", "~l*", "(+get %R~*)");
        assertThat(users.judge(apart, "sort l by w_*")).startsWith("ERR BY");
    }

    @Test
    void aDeletedUserMayNothing() throws Exception {
        User user = users.user("u", "on", "nopass", "+@all", "~*", "&*");
        assertThat(users.acl.delete(java.util.List.of("u", "nobody"))).isEqualTo(1);
        assertThat(user.unrestricted()).isFalse();
        assertThat(users.judge(user, "get k")).isEqualTo("COMMAND 0");
        assertThat(users.acl.login("u", new byte[0])).isNull();
        assertThat(users.acl.delete(java.util.List.of("default"))).isZero();
    }

    @Test
    void ofSeveralReasonsTheLastCounts() throws Exception {
        User user = users.user("u", "-@all", "(+mset ~a)", "(+mset ~a ~b)");
        assertThat(users.judge(user, "mset a 1 b 2 c 3")).isEqualTo("KEY 5");
    }
}
