package io.cairn.mode;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.command.CommandTable;
import io.cairn.command.Families;
import io.cairn.metrics.NodeStats;
import io.cairn.resp.ReplyBuffer;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class BatchRepliesTest {
    private final List<String> told = new ArrayList<>();

    private Origin origin(String name) {
        return (Origin) Proxy.newProxyInstance(
                Origin.class.getClassLoader(), new Class<?>[] {Origin.class}, (proxy, method, args) -> {
                    if (method.getName().equals("complete")) {
                        byte[] reply = ((ReplyBuffer) args[0]).bytes((long) args[1], (long) args[2]);
                        told.add(name + new String(reply, StandardCharsets.ISO_8859_1));
                    } else if (method.getName().equals("abort")) {
                        told.add(name + " aborted");
                    }
                    return null;
                });
    }

    @Test
    void whatWasGatheredMayBeReplacedByAnErrorWhenItIsDelivered() {
        BatchReplies replies = new BatchReplies(4, new NodeStats(new CommandTable(Families.data())));
        for (int i = 0; i < 4; i++) {
            replies.begin(false);
            replies.reply().number(i);
            if (i == 2) {
                replies.endWithout();
            } else {
                replies.end();
            }
        }
        Origin[] origins = {origin("zero"), origin("a"), origin("b"), origin("c"), origin("d")};
        @Nullable String[] errors = {null, null, "MOVED 1 x:1", null, null};
        replies.deliver(origins, 1, errors);
        assertThat(told).containsExactly("a:0\r\n", "b-MOVED 1 x:1\r\n", "c aborted", "d:3\r\n");
    }
}
