package io.cairn.command;

/** Which arguments are passwords, or rules that may hold some, which neither SLOWLOG nor MONITOR shows. Redis: redactClientCommandArgument. */
final class Secrets {
    /** What stands in their place. */
    static final String REDACTED = "(redacted)";

    private Secrets() {}

    static boolean hides(Args args, int i) {
        if (i == 0) {
            return false;
        }
        if (args.is(0, "auth")) {
            return true;
        }
        if (args.is(0, "acl")) {
            return i > 1 && args.is(1, "setuser");
        }
        if (args.is(0, "migrate")) {
            return i > 6 && (args.is(i - 1, "auth") || args.is(i - 1, "auth2") || args.is(i - 2, "auth2"));
        }
        return args.is(0, "hello") && i > 2 && inLogin(args, i);
    }

    /** HELLO version [AUTH user password] [SETNAME name]: options are taken one by one, a name may be "auth". */
    private static boolean inLogin(Args args, int i) {
        int option = 2;
        while (option < i) {
            int length = args.is(option, "auth") ? 3 : 2;
            if (i < option + length) {
                return length == 3;
            }
            option += length;
        }
        return false;
    }
}
