package io.cairn.jepsen.net;

/** Something done to the network, until it is closed; closing twice is fine. Returns when it is undone. */
@FunctionalInterface
public interface Imposed extends AutoCloseable {
    @Override
    void close();
}
