package io.cairn.mode;

import io.cairn.command.Reply;
import io.cairn.keyspace.NativeBlock;

/** Throws replies away: for records that are replayed. */
public final class NoReply implements Reply {
    public static final NoReply INSTANCE = new NoReply();

    private NoReply() {}

    @Override
    public boolean resp3() {
        return false;
    }

    @Override
    public void ok() {}

    @Override
    public void simple(String text) {}

    @Override
    public void error(String text) {}

    @Override
    public void number(long value) {}

    @Override
    public void bulk(long address, int length) {}

    @Override
    public void bulk(byte[] bytes) {}

    @Override
    public void bulk(String text) {}

    @Override
    public void bulkNumber(long value) {}

    @Override
    public void bulk(NativeBlock block, int offset, int length) {}

    @Override
    public void nil() {}

    @Override
    public void nilArray() {}

    @Override
    public void array(int size) {}

    @Override
    public void map(int pairs) {}

    @Override
    public void set(int size) {}

    @Override
    public void push(int size) {}

    @Override
    public void real(double value) {}

    @Override
    public void real(String digits) {}

    @Override
    public void bool(boolean value) {}

    @Override
    public void verbatim(String text) {}
}
