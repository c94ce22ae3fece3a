package io.cairn.jepsen.net;

/** The direction of bytes from one endpoint to another, whoever of the two dialled. */
public record Link(Endpoint from, Endpoint to) {
    /** The other direction. */
    public Link back() {
        return new Link(to, from);
    }

    @Override
    public String toString() {
        return from + " -> " + to;
    }
}
