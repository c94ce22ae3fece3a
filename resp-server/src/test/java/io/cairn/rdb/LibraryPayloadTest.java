package io.cairn.rdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What FUNCTION DUMP writes and FUNCTION RESTORE reads. */
class LibraryPayloadTest {
    private static List<String> texts(byte[] payload) throws LibraryPayload.Refused {
        NativeBlock block = NativeBlock.allocate(Math.max(1, payload.length));
        try {
            Memory.copy(payload, 0, block.address(), payload.length);
            return LibraryPayload.texts(block.address(), payload.length).stream()
                    .map(text -> new String(text, StandardCharsets.ISO_8859_1))
                    .toList();
        } finally {
            block.release();
        }
    }

    private static byte[] of(String... texts) {
        return LibraryPayload.of(Arrays.stream(texts)
                .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
                .toList());
    }

    @Test
    void whatIsDumpedIsRead() throws Exception {
        String large = "#!lua name=b\n" + "-- again and again\n".repeat(1000);
        assertThat(texts(of())).isEmpty();
        assertThat(texts(of("#!lua name=a\n", large))).containsExactly("#!lua name=a\n", large);
    }

    /** Without libraries: version 10 and the checksum, as redis-server 7.0.15 answers it. */
    @Test
    void nothingIsTheFooterAlone() {
        assertThat(HexFormat.of().formatHex(of())).startsWith("0a00").hasSize(20);
    }

    @Test
    void whatIsDamagedIsRefused() {
        byte[] payload = of("#!lua name=a\n");
        payload[3] ^= 1;
        assertThatThrownBy(() -> texts(payload))
                .isInstanceOf(LibraryPayload.Refused.class)
                .hasMessage("DUMP payload version or checksum are wrong");
        assertThatThrownBy(() -> texts(new byte[9])).isInstanceOf(LibraryPayload.Refused.class);
    }
}
