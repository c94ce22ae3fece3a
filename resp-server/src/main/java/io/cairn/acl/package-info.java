/** Access control as Redis has it: users, what they may do, who judges a call, and what was denied. */
@NullMarked
package io.cairn.acl;

import org.jspecify.annotations.NullMarked;
