# Thin calls; each target is one command that can be typed by hand.
MVN = ./mvnw -B -ntp

.PHONY: check fmt test it bench demo dist
check:  ; $(MVN) verify
fmt:    ; $(MVN) -q spotless:apply
test:   ; $(MVN) test
it:     ; $(MVN) verify -Dsurefire.skip=true
dist:   ; $(MVN) -q -DskipTests package
demo:   ; ./cairn demo
