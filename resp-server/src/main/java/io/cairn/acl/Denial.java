package io.cairn.acl;

import io.cairn.command.Args;
import io.cairn.command.Command;

/**
 * Why a call may not be.
 *
 * @param argument of the key or channel, 0 for a command
 */
public record Denial(Reason reason, int argument) {
    /** What one lacks the right to; of several selectors the later reason counts. */
    public enum Reason {
        COMMAND("command"),
        KEY("key"),
        AUTH("auth"),
        CHANNEL("channel");

        private final String text;

        Reason(String text) {
            this.text = text;
        }

        /** As ACL LOG names it. */
        String text() {
            return text;
        }
    }

    /** What was denied, as ACL LOG names it. */
    String object(Command command, Args args) {
        return reason == Reason.COMMAND ? command.name() : args.text(argument);
    }

    /** The error line of a call. Redis: processCommand. */
    public String error(Command command) {
        return switch (reason) {
            case COMMAND -> "NOPERM this user has no permissions to run the '" + command.name() + "' command";
            case KEY -> "NOPERM this user has no permissions to access one of the keys used as arguments";
            default -> "NOPERM this user has no permissions to access one of the channels used as arguments";
        };
    }

    /** The error line of a call that was queued before the rights changed. Redis: execCommand. */
    public String errorOfExec() {
        String why = switch (reason) {
            case COMMAND -> "no permission to execute the command or subcommand";
            case KEY -> "no permission to touch the specified keys";
            default -> "no permission to access one of the channels used as arguments";
        };
        return "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This"
                + " command is no longer allowed for the following reason: " + why;
    }

    /** The error of a script's call. Redis: scriptVerifyACL. */
    public String errorOfScript() {
        return "The user executing the script "
                + switch (reason) {
                    case COMMAND -> "can't run this command or subcommand";
                    case KEY -> "can't access at least one of the keys mentioned in the command arguments";
                    default -> "can't publish to the channel mentioned in the command";
                };
    }

    /** What ACL DRYRUN answers. */
    public String dryRun(Command command, Args args) {
        return "This user has no permissions to "
                + switch (reason) {
                    case COMMAND -> "run the '" + command.name() + "' command";
                    case KEY -> "access the '" + args.text(argument) + "' key";
                    default -> "access the '" + args.text(argument) + "' channel";
                };
    }
}
