package io.cairn.mode;

import io.cairn.command.Reply;
import io.cairn.keyspace.NativeBlock;
import org.jspecify.annotations.Nullable;

/** Remembers how the reply to a block begins: an error, nil, or the array of its replies. */
final class FirstReply implements Reply {
    private boolean begun;
    private boolean nil;
    private @Nullable String error;

    /** The block met a key that had changed. */
    boolean isNil() {
        return nil;
    }

    /** The error that refused the block, or null. */
    @Nullable
    String error() {
        return error;
    }

    @Override
    public boolean resp3() {
        return false;
    }

    @Override
    public void error(String text) {
        if (!begun) {
            error = text;
        }
        begun = true;
    }

    @Override
    public void nil() {
        nil |= !begun;
        begun = true;
    }

    @Override
    public void nilArray() {
        nil();
    }

    @Override
    public void ok() {
        begun = true;
    }

    @Override
    public void simple(String text) {
        begun = true;
    }

    @Override
    public void number(long value) {
        begun = true;
    }

    @Override
    public void bulk(long address, int length) {
        begun = true;
    }

    @Override
    public void bulk(byte[] bytes) {
        begun = true;
    }

    @Override
    public void bulk(String text) {
        begun = true;
    }

    @Override
    public void bulkNumber(long value) {
        begun = true;
    }

    @Override
    public void bulk(NativeBlock block, int offset, int length) {
        begun = true;
    }

    @Override
    public void array(int size) {
        begun = true;
    }

    @Override
    public void map(int pairs) {
        begun = true;
    }

    @Override
    public void set(int size) {
        begun = true;
    }

    @Override
    public void push(int size) {
        begun = true;
    }

    @Override
    public void real(String digits) {
        begun = true;
    }

    @Override
    public void real(double value) {
        begun = true;
    }

    @Override
    public void bool(boolean value) {
        begun = true;
    }

    @Override
    public void verbatim(String text) {
        begun = true;
    }
}
