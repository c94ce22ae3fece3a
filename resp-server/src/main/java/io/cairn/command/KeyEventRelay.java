package io.cairn.command;

/** Where a node's listener to key events is put in: all of the node's calls tell this, which tells it on. At first nobody listens. Any thread. */
public final class KeyEventRelay implements KeyEvents {
    private volatile KeyEvents to = NONE;

    /** Who is told from now on; {@link KeyEvents#NONE} for nobody. */
    public void to(KeyEvents listener) {
        to = listener;
    }

    @Override
    public void event(int database, char type, String event, long key, int keyLength) {
        to.event(database, type, event, key, keyLength);
    }
}
