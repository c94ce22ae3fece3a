package io.cairn.gossip;

import java.io.ObjectInput;

/** The part of {@link ObjectInput} that ScaleCube's classes use; the rest is refused, so that a change shows at once. */
interface NarrowInput extends ObjectInput {
    private static UnsupportedOperationException refused() {
        return new UnsupportedOperationException("ScaleCube reads its classes in a new way");
    }

    @Override
    default int read() {
        throw refused();
    }

    @Override
    default int read(byte[] b) {
        throw refused();
    }

    @Override
    default int read(byte[] b, int off, int len) {
        throw refused();
    }

    @Override
    default void readFully(byte[] b, int off, int len) {
        throw refused();
    }

    @Override
    default long skip(long n) {
        throw refused();
    }

    @Override
    default int skipBytes(int n) {
        throw refused();
    }

    @Override
    default int available() {
        throw refused();
    }

    @Override
    default byte readByte() {
        throw refused();
    }

    @Override
    default int readUnsignedByte() {
        throw refused();
    }

    @Override
    default short readShort() {
        throw refused();
    }

    @Override
    default int readUnsignedShort() {
        throw refused();
    }

    @Override
    default char readChar() {
        throw refused();
    }

    @Override
    default float readFloat() {
        throw refused();
    }

    @Override
    default double readDouble() {
        throw refused();
    }

    @Override
    default String readLine() {
        throw refused();
    }

    @Override
    default void close() {}
}
