package io.cairn.acl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AclLogTest {
    private final AclLog log = new AclLog();

    private void add(String object, long atMillis) {
        log.add(new AclLog.Entry(1, "key", AclLog.Context.TOPLEVEL, object, "u", atMillis, "id=1"));
    }

    @Test
    void theSameThingIsCountedForAMinute() {
        add("a", 1000);
        add("b", 2000);
        add("a", 50_000);
        assertThat(log.latest(10)).extracting(AclLog.Entry::object).containsExactly("a", "b");
        assertThat(log.latest(1).get(0).count()).isEqualTo(2);
        add("a", 200_000);
        assertThat(log.latest(10)).hasSize(3);
    }

    @Test
    void theOldestGo() {
        log.max(2);
        add("a", 0);
        add("b", 0);
        add("c", 0);
        assertThat(log.latest(10)).extracting(AclLog.Entry::object).containsExactly("c", "b");
        log.max(0);
        add("d", 0);
        assertThat(log.latest(10)).isEmpty();
        assertThat(log.latest(-1)).isEmpty();
    }
}
