package io.cairn.acl;

/**
 * A user that connections are logged in as; they keep it, and what it may do changes under them. Any thread. A deleted user may nothing, whoever still holds it, and a
 * new one of the same name is another.
 */
public final class User {
    /** Redis: DefaultUser. */
    public static final String DEFAULT = "default";

    private final String name;
    private volatile UserRights rights;
    /** May do everything: all that is asked for a call of such a user. */
    private volatile boolean unrestricted;

    User(String name, UserRights rights) {
        this.name = name;
        this.rights = rights;
        this.unrestricted = rights.allowsEverything();
    }

    /** One char a byte. */
    public String name() {
        return name;
    }

    /** Whether every call is allowed: a field, read for each call. */
    public boolean unrestricted() {
        return unrestricted;
    }

    /** What it may do from now on. */
    void rights(UserRights next) {
        if (!next.allowsEverything()) {
            unrestricted = false;
        }
        rights = next;
        unrestricted = next.allowsEverything();
    }

    /** What it may do; not to be changed. */
    public UserRights rights() {
        return rights;
    }
}
