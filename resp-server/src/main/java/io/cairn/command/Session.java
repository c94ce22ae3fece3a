package io.cairn.command;

/** What commands may know and change of the connection they came on. Confined to its event loop. */
public interface Session {
    long id();

    int database();

    void select(int database);

    boolean readonly();

    /** READONLY and READWRITE. */
    void readonly(boolean readonly);

    boolean authenticated();
}
