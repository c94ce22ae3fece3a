package io.cairn.gossip;

import java.io.ObjectOutput;

/** The part of {@link ObjectOutput} that ScaleCube's classes use; the rest is refused, so that a change shows at once. */
interface NarrowOutput extends ObjectOutput {
    private static UnsupportedOperationException refused() {
        return new UnsupportedOperationException("ScaleCube writes its classes in a new way");
    }

    @Override
    default void write(int b) {
        throw refused();
    }

    @Override
    default void write(byte[] bytes, int offset, int length) {
        throw refused();
    }

    @Override
    default void writeByte(int v) {
        throw refused();
    }

    @Override
    default void writeShort(int v) {
        throw refused();
    }

    @Override
    default void writeChar(int v) {
        throw refused();
    }

    @Override
    default void writeFloat(float v) {
        throw refused();
    }

    @Override
    default void writeDouble(double v) {
        throw refused();
    }

    @Override
    default void writeBytes(String s) {
        throw refused();
    }

    @Override
    default void writeChars(String s) {
        throw refused();
    }

    @Override
    default void flush() {}

    @Override
    default void close() {}
}
