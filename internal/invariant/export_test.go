package invariant

// Look looks at every invariant in a transaction of the test's, which has
// planted something.
var Look = look

// SealIn seals in a transaction of the test's.
var SealIn = (*Service).seal
