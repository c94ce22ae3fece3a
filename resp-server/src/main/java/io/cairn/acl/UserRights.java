package io.cairn.acl;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * What a user is: on or off, passwords, selectors, of which the first is the one that rules outside of parentheses change. Changed while it is made, by one
 * thread; not after it was published in a {@link User}. Redis: user.
 */
public final class UserRights {
    /** Length of a password as it is kept: SHA-256 in hex digits. */
    static final int HASH_LENGTH = 64;

    private final CommandNames names;
    private final boolean channelsByDefault;
    private final List<String> passwords;
    private final List<Selector> selectors;
    private boolean enabled;
    private boolean noPassword;
    private boolean skipsSanitizing;
    /** It sanitizes payloads, said explicitly. Nothing but the description depends on it. */
    private boolean sanitizes;

    /**
     * May nothing.
     *
     * @param channelsByDefault acl-pubsub-default is allchannels
     */
    UserRights(CommandNames names, boolean channelsByDefault) {
        this.names = names;
        this.channelsByDefault = channelsByDefault;
        this.passwords = new ArrayList<>(1);
        this.selectors = new ArrayList<>(List.of(new Selector(names, channelsByDefault)));
    }

    /** A copy to change. */
    UserRights(UserRights other, boolean channelsByDefault) {
        this.names = other.names;
        this.channelsByDefault = channelsByDefault;
        this.passwords = new ArrayList<>(other.passwords);
        this.selectors = new ArrayList<>();
        other.selectors.forEach(selector -> selectors.add(new Selector(selector)));
        this.enabled = other.enabled;
        this.noPassword = other.noPassword;
        this.skipsSanitizing = other.skipsSanitizing;
        this.sanitizes = other.sanitizes;
    }

    /** May do everything without a password. Redis: ACLCreateDefaultUser. */
    static UserRights ofDefaultUser(CommandNames names) {
        UserRights rights = new UserRights(names, true);
        rights.enabled = true;
        rights.noPassword = true;
        rights.root().commands().all(true);
        try {
            rights.root().apply("allkeys");
        } catch (RuleException e) {
            throw new IllegalStateException("a rule of our own", e);
        }
        return rights;
    }

    private Selector root() {
        return selectors.get(0);
    }

    // ---- what it is

    boolean enabled() {
        return enabled;
    }

    /** Any password will do. */
    boolean noPassword() {
        return noPassword;
    }

    /** SHA-256 of the passwords in hex digits. */
    public List<String> passwords() {
        return List.copyOf(passwords);
    }

    List<Selector> selectors() {
        return selectors;
    }

    boolean allowsEverything() {
        return selectors.stream().anyMatch(Selector::allowsEverything);
    }

    /** Whether the password opens the user; takes as long for a wrong one. */
    boolean opens(byte[] password) {
        if (!enabled) {
            return false;
        }
        if (noPassword) {
            return true;
        }
        byte[] hash = hash(password).getBytes(StandardCharsets.US_ASCII);
        boolean opens = false;
        for (String known : passwords) {
            opens |= MessageDigest.isEqual(known.getBytes(StandardCharsets.US_ASCII), hash);
        }
        return opens;
    }

    static String hash(byte[] password) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(password));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256", e);
        }
    }

    // ---- rules

    /** requirepass: this password alone, or none at all. */
    void password(String password) {
        passwords.clear();
        noPassword = password.isEmpty();
        if (!noPassword) {
            passwords.add(hash(password.getBytes(StandardCharsets.UTF_8)));
        }
    }

    /** Takes one rule. Redis: ACLSetUser. */
    void apply(String rule) throws RuleException {
        if (rule.isEmpty()) {
            return;
        }
        switch (rule.toLowerCase(Locale.ROOT)) {
            case "on" -> enabled = true;
            case "off" -> enabled = false;
            case "skip-sanitize-payload" -> sanitize(false);
            case "sanitize-payload" -> sanitize(true);
            case "nopass" -> {
                noPassword = true;
                passwords.clear();
            }
            case "resetpass" -> {
                noPassword = false;
                passwords.clear();
            }
            case "clearselectors" -> selectors.subList(1, selectors.size()).clear();
            case "reset" -> reset();
            default -> applyNamed(rule);
        }
    }

    private void sanitize(boolean on) {
        sanitizes = on;
        skipsSanitizing = !on;
    }

    private void reset() {
        passwords.clear();
        noPassword = false;
        enabled = false;
        sanitize(true);
        selectors.clear();
        selectors.add(new Selector(names, channelsByDefault));
    }

    private void applyNamed(String rule) throws RuleException {
        String rest = rule.substring(1);
        switch (rule.charAt(0)) {
            case '>', '#' -> {
                String hash = hash(rule.charAt(0) == '>', rest);
                if (!passwords.contains(hash)) {
                    passwords.add(hash);
                }
                noPassword = false;
            }
            case '<', '!' -> {
                if (!passwords.remove(hash(rule.charAt(0) == '<', rest))) {
                    throw new RuleException(RuleException.Why.NO_SUCH_PASSWORD);
                }
            }
            case '(' -> {
                if (rule.endsWith(")")) {
                    selectors.add(selector(rule.substring(1, rule.length() - 1)));
                } else {
                    throw new RuleException(RuleException.Why.SYNTAX);
                }
            }
            default -> root().apply(rule);
        }
    }

    private static String hash(boolean clear, String text) throws RuleException {
        if (clear) {
            return hash(text.getBytes(StandardCharsets.ISO_8859_1));
        }
        boolean hex = text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
        if (!hex || text.length() != HASH_LENGTH) {
            throw new RuleException(RuleException.Why.BAD_HASH);
        }
        return text;
    }

    private Selector selector(String rules) throws RuleException {
        Selector selector = new Selector(names, channelsByDefault);
        for (String rule : rules.strip().split("\\s+")) {
            if (!rule.isEmpty()) {
                selector.apply(rule);
            }
        }
        return selector;
    }

    /**
     * Puts selectors that are spread over several words together. Redis: ACLMergeSelectorArguments.
     *
     * @throws RuleException for one that does not end
     */
    static List<String> merged(List<String> words) throws RuleException {
        List<String> rules = new ArrayList<>();
        StringBuilder open = null;
        String first = "";
        for (String word : words) {
            if (open == null && word.startsWith("(") && !word.endsWith(")")) {
                open = new StringBuilder(word);
                first = word;
            } else if (open == null) {
                rules.add(word);
            } else {
                open.append(' ').append(word);
                if (word.endsWith(")")) {
                    rules.add(open.toString());
                    open = null;
                }
            }
        }
        if (open != null) {
            throw new RuleException("Unmatched parenthesis in acl selector starting at '" + first + "'.");
        }
        return rules;
    }

    // ---- as rules

    /** The words that say whether it is on, and so on. Redis: ACLUserFlags. */
    public List<String> flags() {
        List<String> flags = new ArrayList<>();
        flags.add(enabled ? "on" : "off");
        if (noPassword) {
            flags.add("nopass");
        }
        if (skipsSanitizing) {
            flags.add("skip-sanitize-payload");
        }
        if (sanitizes) {
            flags.add("sanitize-payload");
        }
        return flags;
    }

    /**
     * The rules of one selector.
     *
     * @param keys separated by blanks, as all three
     */
    public record Description(String commands, String keys, String channels) {}

    /** The selectors, the one of the rules outside of parentheses first. */
    public List<Description> describeSelectors() {
        return selectors.stream()
                .map(each -> new Description(each.commands().describe(), each.keyRules(), each.channelRules()))
                .toList();
    }

    /** The rules that make this user out of a new one. Redis: ACLDescribeUser. */
    public String describe() {
        List<String> parts = new ArrayList<>(flags());
        passwords.forEach(password -> parts.add("#" + password));
        parts.add(root().describe());
        selectors.subList(1, selectors.size()).forEach(selector -> parts.add("(" + selector.describe() + ")"));
        return String.join(" ", parts);
    }
}
