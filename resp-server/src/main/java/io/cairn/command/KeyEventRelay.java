package io.cairn.command;

/** Where a node's listeners to key events are put in: all of the node's calls tell this, which tells it on. At first nobody listens. Any thread. */
public final class KeyEventRelay implements KeyEvents {
    private volatile KeyEvents to = NONE;

    /** One more is told from now on, after those before. */
    public synchronized void add(KeyEvents listener) {
        KeyEvents before = to;
        to = before == NONE
                ? listener
                : (database, type, event, key, keyLength) -> {
                    before.event(database, type, event, key, keyLength);
                    listener.event(database, type, event, key, keyLength);
                };
    }

    @Override
    public void event(int database, char type, String event, long key, int keyLength) {
        to.event(database, type, event, key, keyLength);
    }
}
