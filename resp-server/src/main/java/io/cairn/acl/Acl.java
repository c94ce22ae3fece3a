package io.cairn.acl;

import io.cairn.command.Args;
import io.cairn.command.Client;
import io.cairn.command.ClientCommands;
import io.cairn.command.Clients;
import io.cairn.command.Command;
import io.cairn.command.CommandTable;
import io.cairn.command.KeyUse;
import io.cairn.command.Subscriptions;
import io.cairn.config.Config;
import io.cairn.config.Keys;
import io.cairn.config.UserLine;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The users of one node. What changes them is serialized; what asks for them is not held up: any thread. A name is text of one char a byte.
 *
 * <p>There is always the user "default", as which every connection begins; requirepass is its password. Redis: acl.c.
 */
public final class Acl {
    private static final Logger LOG = LoggerFactory.getLogger(Acl.class);
    private static final String PUBSUB_ALL = "allchannels";
    /** More of a key, a channel or a name that somebody sent is not kept in the log. */
    private static final int MAX_LOGGED = 1024;

    private final Config config;
    private final Clients clients;
    private final CommandNames names;
    private final KeyUse use;
    private final AclLog log = new AclLog();
    private final @Nullable AclFile file;
    private final User defaultUser;
    /** Of the users on which a cluster agreed. Guarded by this. */
    private final Map<String, Long> versions = new HashMap<>();

    /** Replaced as a whole; sorted by the bytes of the names. */
    private volatile NavigableMap<String, User> users;

    /**
     * The users that the configuration names, or its file. Blocks.
     *
     * @throws RuleException when one of them cannot be
     */
    public Acl(CommandTable table, Config config, Clients clients) throws RuleException {
        this.config = config;
        this.clients = clients;
        this.names = new CommandNames(table);
        this.use = new KeyUse(table);
        this.defaultUser = new User(User.DEFAULT, UserRights.ofDefaultUser(names));
        this.users = new TreeMap<>(Map.of(User.DEFAULT, defaultUser));
        password(config.get(Keys.REQUIREPASS));
        List<UserLine> lines = config.get(Keys.USER);
        String path = config.get(Keys.ACLFILE);
        this.file = path.isEmpty() ? null : new AclFile(Path.of(config.get(Keys.DIR)), path);
        if (file != null && !lines.isEmpty()) {
            throw new RuleException("Configuring Redis with users defined in redis.conf and at the same setting an ACL"
                    + " file path is invalid. This setup is very likely to lead to configuration errors and security"
                    + " holes, please define either an ACL file or declare users directly in your redis.conf, but not"
                    + " both.");
        }
        for (UserLine line : lines) {
            define(line);
        }
        if (file != null) {
            load();
        }
        log.max(config.get(Keys.ACLLOG_MAX_LEN));
        config.onChange(Keys.ACLLOG_MAX_LEN, log::max);
        config.onChange(Keys.REQUIREPASS, this::password);
    }

    private UserRights blank() {
        return new UserRights(names, channelsByDefault());
    }

    private boolean channelsByDefault() {
        return config.get(Keys.ACL_PUBSUB_DEFAULT).equals(PUBSUB_ALL);
    }

    private synchronized void password(String password) {
        UserRights rights = new UserRights(defaultUser.rights(), channelsByDefault());
        rights.password(password);
        defaultUser.rights(rights);
    }

    /** A line of the configuration. Redis: ACLLoadConfiguredUsers. */
    private void define(UserLine line) throws RuleException {
        String name = bytes(line.name());
        if (Selector.hasSpaces(name)) {
            throw new RuleException("Spaces not allowed in ACL usernames");
        }
        UserRights rights = blank();
        for (String rule :
                UserRights.merged(line.rules().stream().map(Acl::bytes).toList())) {
            try {
                rights.apply(rule);
            } catch (RuleException e) {
                boolean secret = e.why() != RuleException.Why.UNKNOWN_COMMAND;
                throw new RuleException("Error loading ACL rule '" + (secret ? "(not shown)" : rule)
                        + "' for the user named '" + line.name() + "': " + e.text());
            }
        }
        if (!rights.enabled()) {
            LOG.info(
                    "The user '{}' is disabled (there is no 'on' modifier in the user description). Make sure this is not"
                            + " a configuration error.",
                    line.name());
        }
        publish(name, rights);
    }

    /** Text of a configuration as text of one char a byte. */
    private static String bytes(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private static String characters(String bytes) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    }

    private void publish(String name, UserRights rights) {
        User known = users.get(name);
        if (known != null) {
            known.rights(rights);
        } else {
            NavigableMap<String, User> next = new TreeMap<>(users);
            next.put(name, new User(name, rights));
            users = next;
        }
    }

    // ---- who there is

    /** All users by name. */
    public List<User> users() {
        return List.copyOf(users.values());
    }

    public @Nullable User find(String name) {
        return users.get(name);
    }

    public User defaultUser() {
        return defaultUser;
    }

    /** Whether a new connection has to log in. Redis: authRequired. */
    public boolean passwordRequired() {
        UserRights rights = defaultUser.rights();
        return !rights.noPassword() || !rights.enabled();
    }

    /** Whether the default user takes any password. */
    public boolean hasNoPassword() {
        return defaultUser.rights().noPassword();
    }

    /** The user that the password opens, or null. */
    public @Nullable User login(String name, byte[] password) {
        User user = users.get(name);
        return user != null && user.rights().opens(password) ? user : null;
    }

    /** A judge for one thread. */
    public Judge judge() {
        return new Judge(names, use);
    }

    // ---- what was denied

    public AclLog log() {
        return log;
    }

    /** Notes that a call was denied. */
    public void denied(Caller by, Denial denial, AclLog.Context context, Command command, Args args) {
        note(
                by.client(),
                denial.reason(),
                context,
                denial.object(command, args),
                by.user().name());
    }

    /** Notes that nobody could log in as {@code user}; {@code word} is the command by which it was tried. */
    public void refusedLogin(Client client, boolean inTransaction, String word, String user) {
        note(client, Denial.Reason.AUTH, inTransaction ? AclLog.Context.MULTI : AclLog.Context.TOPLEVEL, word, user);
    }

    private void note(Client client, Denial.Reason reason, AclLog.Context context, String object, String user) {
        long now = System.currentTimeMillis();
        log.add(new AclLog.Entry(
                1, reason.text(), context, cut(object), cut(user), now, ClientCommands.line(client, now)));
    }

    private static String cut(String text) {
        return text.length() <= MAX_LOGGED ? text : text.substring(0, MAX_LOGGED);
    }

    // ---- changes

    /**
     * ACL SETUSER: makes or changes a user, wholly or not at all. Redis: ACLStringSetUser.
     *
     * @return completes when connections are closed that listen to channels that the user may use no more
     * @throws RuleException with the text of the error
     */
    public synchronized CompletableFuture<Void> set(String name, List<String> rules) throws RuleException {
        return replace(name, changed(users.get(name), rules));
    }

    /** The rights of a user after some rules, or of a new one; nothing is published. */
    private UserRights changed(@Nullable User user, List<String> rules) throws RuleException {
        UserRights rights = user == null ? blank() : new UserRights(user.rights(), channelsByDefault());
        for (String rule : UserRights.merged(rules)) {
            try {
                rights.apply(rule);
            } catch (RuleException e) {
                throw new RuleException("Error in ACL SETUSER modifier '" + rule + "': " + e.text());
            }
        }
        return rights;
    }

    private CompletableFuture<Void> replace(String name, UserRights rights) {
        User known = users.get(name);
        UserRights before = known == null ? null : known.rights();
        publish(name, rights);
        return known == null || before == null || !losesChannels(before, rights)
                ? CompletableFuture.completedFuture(null)
                : closeListeners(known, channels(rights));
    }

    // ---- users on which a cluster agrees

    /**
     * ACL SETUSER as a change on which a cluster may agree: of the user as it is here.
     *
     * @throws RuleException with the text of the error
     */
    public synchronized SharedUsers.Change sharedSet(String name, List<String> rules) throws RuleException {
        return new SharedUsers.Change(
                name,
                versions.getOrDefault(name, 0L),
                changed(users.get(name), rules).describe());
    }

    /** ACL DELUSER as changes on which a cluster may agree: of those that are here. */
    public synchronized List<SharedUsers.Change> sharedDelete(List<String> names) {
        return names.stream()
                .distinct()
                .filter(name -> !name.equals(User.DEFAULT) && users.containsKey(name))
                .map(name -> new SharedUsers.Change(name, versions.getOrDefault(name, 0L), null))
                .toList();
    }

    /** The node is in another cluster: nothing was agreed on there yet. */
    public synchronized void forgetVersions() {
        versions.clear();
    }

    /**
     * Takes what a cluster has agreed on, in the order of its versions. A rule of a command that is not here is left out: it allows nothing that there is. Any other rule that
     * cannot be taken takes all rights.
     *
     * @param rules null for no such user
     * @return completes when connections are closed that listen to channels that the user may use no more
     */
    public synchronized CompletableFuture<Void> take(String name, long version, @Nullable String rules) {
        versions.put(name, version);
        if (rules == null) {
            delete(List.of(name));
            return CompletableFuture.completedFuture(null);
        }
        UserRights rights = blank();
        try {
            for (String rule : UserRights.merged(List.of(rules.split(" ")))) {
                try {
                    rights.apply(rule);
                } catch (RuleException e) {
                    if (e.why() != RuleException.Why.UNKNOWN_COMMAND) {
                        throw e;
                    }
                    LOG.warn("a rule of the user '{}' names a command that is not here: {}", name, rule);
                }
            }
        } catch (RuleException e) {
            LOG.error("the cluster's user '{}' has no rights here: {}", name, e.text());
            rights = blank();
        }
        return replace(name, rights);
    }

    private static List<String> channels(UserRights rights) {
        List<String> all = new ArrayList<>();
        rights.selectors().forEach(selector -> all.addAll(selector.channels()));
        return all;
    }

    private static boolean losesChannels(UserRights before, UserRights after) {
        if (after.selectors().stream().anyMatch(Selector::allChannels)) {
            return false;
        }
        return before.selectors().stream().anyMatch(Selector::allChannels)
                || !channels(after).containsAll(channels(before));
    }

    /** Redis: ACLKillPubsubClientsIfNeeded. */
    private CompletableFuture<Void> closeListeners(User user, List<String> allowed) {
        List<CompletableFuture<?>> closed = new ArrayList<>();
        clients.forEach(client -> {
            if (client.account() == user && client.subscriptions().any()) {
                closed.add(client.closeIf(subscriptions -> !mayListen(subscriptions, allowed)));
            }
        });
        return CompletableFuture.allOf(closed.toArray(new CompletableFuture<?>[0]));
    }

    private static boolean mayListen(Subscriptions to, List<String> allowed) {
        for (Subscriptions.Kind kind : Subscriptions.Kind.values()) {
            for (byte[] name : to.names(kind)) {
                if (!Selector.allows(allowed, name, kind == Subscriptions.Kind.PATTERN)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** ACL DELUSER, but not of "default": what connections of these users send from now on is denied, and they are closed. Returns how many there were. */
    public synchronized int delete(List<String> gone) {
        NavigableMap<String, User> next = new TreeMap<>(users);
        List<User> deleted = new ArrayList<>();
        for (String name : gone) {
            User user = name.equals(User.DEFAULT) ? null : next.remove(name);
            if (user != null) {
                deleted.add(user);
            }
        }
        users = next;
        revoke(deleted);
        return deleted.size();
    }

    /** Redis: ACLFreeUserAndKillClients. */
    private void revoke(List<User> gone) {
        if (gone.isEmpty()) {
            return;
        }
        gone.forEach(user -> user.rights(new UserRights(names, false)));
        clients.forEach(client -> {
            User account = client.account();
            if (account != null && gone.contains(account)) {
                client.kill();
            }
        });
    }

    // ---- files

    /** Whether there is an ACL file. */
    public boolean hasFile() {
        return file != null;
    }

    private AclFile file() {
        if (file == null) {
            throw new IllegalStateException("there is no ACL file");
        }
        return file;
    }

    /**
     * ACL LOAD: the users of the file and no others; connections of others than "default" are closed. Blocks.
     *
     * @throws RuleException with all that is wrong, when nothing was changed
     */
    public synchronized void load() throws RuleException {
        Map<String, UserRights> read = file().read(this::blank);
        UserRights ofDefault = read.remove(User.DEFAULT);
        defaultUser.rights(ofDefault != null ? ofDefault : UserRights.ofDefaultUser(names));
        NavigableMap<String, User> next = new TreeMap<>(Map.of(User.DEFAULT, defaultUser));
        read.forEach((name, rights) -> next.put(name, new User(name, rights)));
        List<User> old = new ArrayList<>(users.values());
        old.remove(defaultUser);
        users = next;
        revoke(old);
    }

    /** ACL SAVE. Blocks. */
    public synchronized void save() throws IOException {
        file().write(users());
    }

    /**
     * Lets CONFIG REWRITE write the users of this node: none where they have a file of their own, or where there is only "default" as
     * requirepass makes it.
     */
    public synchronized void configure() {
        List<UserLine> lines = new ArrayList<>();
        if (file == null && !isPlain()) {
            users.forEach((name, user) -> lines.add(new UserLine(
                    characters(name),
                    List.of(characters(user.rights().describe()).split(" ")))));
        }
        config.force(Keys.USER, Collections.unmodifiableList(lines));
    }

    private boolean isPlain() {
        UserRights plain = UserRights.ofDefaultUser(names);
        plain.password(config.get(Keys.REQUIREPASS));
        return users.size() == 1 && defaultUser.rights().describe().equals(plain.describe());
    }
}
