package io.cairn.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.cairn.jepsen.resp.OutcomeUnknownException;
import io.cairn.jepsen.resp.RawClient;
import io.cairn.jepsen.resp.Reply;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Values too large to be careless with. */
final class BigValue {
    private BigValue() {}

    /** Bytes that no two places of the value share. */
    static byte[] make(int bytes) {
        byte[] value = new byte[bytes];
        new SplittableRandom(bytes).nextBytes(value);
        return value;
    }

    static void setAndCheck(RawClient client, String key, byte[] value) throws OutcomeUnknownException {
        byte[][] words = RawClient.words("SET", key);
        assertThat(client.call(words[0], words[1], value).text()).isEqualTo("OK");
        assertThat(client.call("STRLEN", key).number()).isEqualTo(value.length);
        Reply reply = client.call("GET", key);
        assertThat(reply).isInstanceOf(Reply.Bulk.class);
        assertThat(Arrays.equals(((Reply.Bulk) reply).bytes(), value))
                .as("the value comes back")
                .isTrue();
    }
}
