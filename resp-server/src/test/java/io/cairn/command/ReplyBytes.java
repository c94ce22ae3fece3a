package io.cairn.command;

import io.cairn.keyspace.Memory;
import io.cairn.keyspace.NativeBlock;
import io.cairn.keyspace.RealText;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A reply as the bytes that a connection would send. */
final class ReplyBytes implements Reply {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final boolean resp3;

    ReplyBytes(boolean resp3) {
        this.resp3 = resp3;
    }

    /** What was replied since the last call, one char a byte. */
    String take() {
        String text = out.toString(StandardCharsets.ISO_8859_1);
        out.reset();
        return text;
    }

    private void line(String text) {
        out.writeBytes((text + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public boolean resp3() {
        return resp3;
    }

    @Override
    public void ok() {
        line("+OK");
    }

    @Override
    public void simple(String text) {
        line("+" + text);
    }

    @Override
    public void error(String text) {
        line("-" + text.replace('\r', ' ').replace('\n', ' '));
    }

    @Override
    public void number(long value) {
        line(":" + value);
    }

    @Override
    public void bulk(long address, int length) {
        bulk(Memory.bytes(address, length));
    }

    @Override
    public void bulk(byte[] bytes) {
        line("$" + bytes.length);
        out.writeBytes(bytes);
        line("");
    }

    @Override
    public void bulk(String text) {
        bulk(text.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void bulkNumber(long value) {
        bulk(Long.toString(value));
    }

    @Override
    public void bulk(NativeBlock block, int offset, int length) {
        bulk(block.address() + offset, length);
    }

    @Override
    public void nil() {
        line(resp3 ? "_" : "$-1");
    }

    @Override
    public void nilArray() {
        line(resp3 ? "_" : "*-1");
    }

    @Override
    public void array(int size) {
        line("*" + size);
    }

    @Override
    public void map(int pairs) {
        line(resp3 ? "%" + pairs : "*" + 2 * pairs);
    }

    @Override
    public void set(int size) {
        line((resp3 ? "~" : "*") + size);
    }

    @Override
    public void push(int size) {
        line((resp3 ? ">" : "*") + size);
    }

    @Override
    public void real(double value) {
        real(RealText.of(value));
    }

    @Override
    public void real(String digits) {
        if (resp3) {
            line("," + digits);
        } else {
            bulk(digits);
        }
    }

    @Override
    public void bool(boolean value) {
        line(resp3 ? (value ? "#t" : "#f") : (value ? ":1" : ":0"));
    }

    @Override
    public void verbatim(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (resp3) {
            line("=" + (bytes.length + 4));
            out.writeBytes("txt:".getBytes(StandardCharsets.US_ASCII));
            out.writeBytes(bytes);
            line("");
        } else {
            bulk(bytes);
        }
    }
}
