package io.cairn.command;

/** Where a node's listeners to key events are put in: all of the node's calls tell this, which tells it on. At first nobody listens. Any thread. */
public final class KeyEventRelay implements KeyEvents {
    private volatile KeyEvents to = NONE;

    /** One more is told from now on, after those before. */
    public synchronized void add(KeyEvents listener) {
        KeyEvents before = to;
        to = before == NONE ? listener : new Both(before, listener);
    }

    /** Two listeners, one after the other. */
    private record Both(KeyEvents first, KeyEvents second) implements KeyEvents {
        @Override
        public void event(int database, char type, String event, long key, int keyLength) {
            first.event(database, type, event, key, keyLength);
            second.event(database, type, event, key, keyLength);
        }

        @Override
        public void everything() {
            first.everything();
            second.everything();
        }
    }

    @Override
    public void event(int database, char type, String event, long key, int keyLength) {
        to.event(database, type, event, key, keyLength);
    }

    @Override
    public void everything() {
        to.everything();
    }
}
