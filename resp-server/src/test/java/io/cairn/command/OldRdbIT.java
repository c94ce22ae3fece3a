package io.cairn.command;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.cairn.cli.Main;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node begins with files in forms that Redis wrote long ago, as redis-server reads them; what is foreign in a file is named. */
class OldRdbIT {
    private static final int LIST = 1;
    private static final int SET = 2;
    private static final int ZSET = 3;
    private static final int HASH = 4;
    private static final int HASH_ZIPMAP = 9;
    private static final int LIST_ZIPLIST = 10;
    private static final int SET_INTSET = 11;
    private static final int ZSET_ZIPLIST = 12;
    private static final int HASH_ZIPLIST = 13;
    private static final int LIST_QUICKLIST = 14;
    private static final int END = 255;
    private static final int FUNCTION = 245;
    private static final int MODULE_FIELD = 247;

    @TempDir
    private Path directory;

    private final ByteArrayOutputStream file = new ByteArrayOutputStream();

    private void bytes(int... values) {
        for (int value : values) {
            file.write(value);
        }
    }

    private void text(String text) {
        if (text.length() < 64) {
            bytes(text.length());
        } else {
            bytes(0x40 | text.length() >> 8, text.length() & 0xff);
        }
        file.writeBytes(text.getBytes(ISO_8859_1));
    }

    private void key(int type, String key) {
        bytes(type);
        text(key);
    }

    /** A ziplist of short strings and small numbers. */
    private static String ziplist(Object... elements) {
        StringBuilder body = new StringBuilder();
        int previous = 0;
        int tail = 10;
        for (Object element : elements) {
            tail = 10 + body.length();
            String encoded = element instanceof Integer number
                    ? (char) 0xfe + "" + (char) (number & 0xff)
                    : (char) element.toString().length() + element.toString();
            body.append((char) previous).append(encoded);
            previous = encoded.length() + 1;
        }
        int size = 11 + body.length();
        return "" + (char) size + "\0\0\0" + (char) tail + "\0\0\0" + (char) elements.length + "\0" + body
                + (char) 0xff;
    }

    private void begin(String version) {
        file.reset();
        file.writeBytes(("REDIS" + version).getBytes(ISO_8859_1));
        bytes(254, 0);
    }

    private Path end(boolean checksum) throws IOException {
        bytes(END);
        if (checksum) {
            bytes(0, 0, 0, 0, 0, 0, 0, 0); // None was computed.
        }
        return Files.write(directory.resolve("dump.rdb"), file.toByteArray());
    }

    private void old() {
        key(0, "string");
        text("value");
        key(LIST, "list");
        bytes(2);
        text("a");
        bytes(0xc0, 7);
        key(SET, "set");
        bytes(2);
        text("m");
        text("n");
        key(ZSET, "zset");
        bytes(3);
        text("m");
        text("1.5");
        text("n");
        bytes(254);
        text("o");
        bytes(255);
        key(HASH, "hash");
        bytes(1);
        text("f");
        text("v");
        key(HASH_ZIPMAP, "zipmap");
        text("\u0002\u0001f\u0002\0vv\u0002gg\u0001\0w\u00ff");
        bytes(253, 0xff, 0xff, 0xff, 0x7f);
        key(LIST_ZIPLIST, "ziplist list");
        text(ziplist("x", "yy", 5, -3));
        key(ZSET_ZIPLIST, "ziplist zset");
        text(ziplist("a", 1, "b", 2, "c", "2.5"));
        key(HASH_ZIPLIST, "ziplist hash");
        text(ziplist("f", "v", "g", 9));
        key(SET_INTSET, "intset");
        text("\u0002\0\0\0\u0002\0\0\0\u0001\0\u0005\0");
    }

    private void sameAsRedis() throws Exception {
        assumeTrue(RedisProcess.available(), "no redis-server on this machine to compare with");
        try (RedisProcess redis = RedisProcess.start(directory);
                CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            assertThat(redis.run("dbsize")).isNotEqualTo(":0\r\n");
            for (String line :
                    List.of("dbsize", "debug digest", "pexpiretime ziplist", "hgetall zipmap", "lrange list 0 -1")) {
                assertThat(ours.line(line)).as(line).isEqualTo(redis.run(line.split(" ", -1)));
            }
        }
    }

    @Test
    void formsOfOldAreRead() throws Exception {
        begin("0003");
        old();
        end(false);
        sameAsRedis();
    }

    @Test
    void quicklistsOfZiplistsAreRead() throws Exception {
        begin("0009");
        old();
        key(LIST_QUICKLIST, "quicklist");
        bytes(2);
        text(ziplist("a", 1, "b"));
        text(ziplist(2, "c"));
        end(true);
        sameAsRedis();
    }

    @Test
    void functionsAreLoadedAndImported() throws Exception {
        begin("0010");
        bytes(FUNCTION);
        text("#!lua name=mylib\nredis.register_function('seven', function() return 7 end)\n");
        old();
        Path dump = end(true);
        try (CairnServer cairn = CairnServer.start(directory);
                RespConnection ours = cairn.connect()) {
            assertThat(ours.line("fcall seven 0")).isEqualTo(":7\r\n");
            assertThat(ours.line("debug reload")).isEqualTo("+OK\r\n");
            assertThat(ours.line("fcall seven 0")).isEqualTo(":7\r\n");
            assertThat(ours.line("debug reload noflush nosave"))
                    .isEqualTo("-ERR Error trying to load the RDB dump\r\n");
        }
        try (CairnServer cairn = CairnServer.start(directory.resolve("elsewhere"), "--appendonly", "yes");
                RespConnection ours = cairn.connect()) {
            String port = Integer.toString(cairn.port);
            assertThat(Main.run("import", dump.toString(), "-p", port, "-q", "--skip-functions"))
                    .isEqualTo(0);
            assertThat(ours.line("function list")).isEqualTo("*0\r\n");
            assertThat(Main.run("import", dump.toString(), "-p", port, "-q", "--skip-existing"))
                    .isEqualTo(0);
            assertThat(ours.line("fcall seven 0")).isEqualTo(":7\r\n");
            assertThat(Main.run("import", dump.toString(), "-p", port, "-q", "--replace"))
                    .isEqualTo(0);
            assertThat(ours.line("debug loadaof")).isEqualTo("+OK\r\n");
            assertThat(ours.line("fcall seven 0")).isEqualTo(":7\r\n");
            // The same again is no matter, another of its name is.
            ours.line("flushall");
            assertThat(Main.run("import", dump.toString(), "-p", port, "-q")).isEqualTo(0);
            ours.line("flushall");
            assertThat(ours.run(
                            "function",
                            "load",
                            "replace",
                            "#!lua name=mylib\nredis.register_function('seven', function() return 8 end)"))
                    .isEqualTo("$5\r\nmylib\r\n");
            assertThat(Main.run("import", dump.toString(), "-p", port, "-q")).isEqualTo(1);
            assertThat(ours.line("fcall seven 0")).isEqualTo(":8\r\n");
        }
    }

    @Test
    void modulesAreNamed() throws Exception {
        begin("0010");
        // The id of a module's type: nine characters of six bits each, and ten bits of version.
        bytes(MODULE_FIELD, 0x81, 0, 0, 0, 0, 0, 0, 0, 0);
        bytes(2, 1, 5);
        text("data");
        bytes(0);
        old();
        Path dump = end(true);
        assertThatThrownBy(() -> CairnServer.start(directory)).hasMessageContaining("data of the module 'AAAAAAAAA'");
        Path elsewhere = directory.resolve("elsewhere");
        try (CairnServer cairn = CairnServer.start(elsewhere);
                RespConnection ours = cairn.connect()) {
            String port = Integer.toString(cairn.port);
            assertThat(Main.run("import", dump.toString(), "-p", port, "-q")).isEqualTo(1);
            assertThat(ours.line("dbsize")).isEqualTo(":0\r\n");
            assertThat(Main.run("import", dump.toString(), "-p", port, "-q", "--skip-modules", "--to-db", "3"))
                    .isEqualTo(0);
            ours.line("select 3");
            assertThat(ours.line("dbsize")).isEqualTo(":10\r\n");
        }
    }
}
