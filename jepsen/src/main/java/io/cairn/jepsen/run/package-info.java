/** A whole run: a cluster, clients, faults, checks and the folder that is left; and the command line for it. */
@NullMarked
package io.cairn.jepsen.run;

import org.jspecify.annotations.NullMarked;
