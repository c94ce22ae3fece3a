package io.cairn.rdb;

import io.cairn.keyspace.Memory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Function libraries as FUNCTION DUMP gives them and FUNCTION RESTORE takes them: each as in an RDB file, then its version (2 bytes, little endian) and
 * CRC-64 (8 bytes). Redis: functionDumpCommand, rdbFunctionLoad.
 */
public final class LibraryPayload {
    private static final int FOOTER_BYTES = 10;

    /** Why a payload cannot be taken: what follows ERR. */
    public static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String text) {
            super(text, null, false, false);
        }

        public String text() {
            return String.valueOf(getMessage());
        }
    }

    private LibraryPayload() {}

    /** The payload of libraries' texts. */
    public static byte[] of(List<byte[]> texts) {
        try (PayloadBuffer buffer = new PayloadBuffer()) {
            RdbOutput out = new RdbOutput(buffer, true);
            for (byte[] text : texts) {
                out.putByte(RdbFormat.OPCODE_FUNCTION2);
                out.putString(text);
            }
            DumpPayload.end(out);
            return Memory.bytes(buffer.block().address(), buffer.length());
        } catch (IOException e) {
            throw new UncheckedIOException("memory does not fail as a channel", e);
        }
    }

    /** The texts in a payload, which may hold several of one name; at least their form is right. */
    public static List<byte[]> texts(long payload, int length) throws Refused {
        if (!DumpPayload.verify(payload, length)) {
            throw new Refused("DUMP payload version or checksum are wrong");
        }
        RdbInput in = new RdbInput(payload, length - FOOTER_BYTES);
        List<byte[]> texts = new ArrayList<>();
        try (RdbString string = new RdbString()) {
            while (!in.atEnd()) {
                switch (in.readByte()) {
                    case RdbFormat.OPCODE_FUNCTION2 -> texts.add(read(in, string));
                    case RdbFormat.OPCODE_FUNCTION_PRE_GA -> texts.add(readOld(in, string));
                    default -> throw new Refused("given type is not a function");
                }
            }
        } catch (IOException e) {
            throw new Refused("Failed loading library payload");
        }
        return texts;
    }

    private static byte[] read(RdbInput in, RdbString string) throws IOException {
        string.read(in);
        return Memory.bytes(string.address(), string.length());
    }

    /** The form of Redis 7.0's release candidates: name, engine, an optional description and the text without its first line. */
    private static byte[] readOld(RdbInput in, RdbString string) throws IOException {
        String name = latin1(read(in, string));
        String engine = latin1(read(in, string));
        if (in.readLength() != 0) {
            string.read(in);
        }
        String text = latin1(read(in, string));
        return ("#!" + engine + " name=" + name + "\n" + text).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
