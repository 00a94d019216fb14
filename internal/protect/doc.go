// Package protect is the gate that keeps protected names out of what is
// published, and the check of the pseudonyms that stand in their place. It is
// pure: it stores nothing, reads no file and writes no log.
//
// A newsletter's deny-list is kept without its words. Hash turns a phrase (a
// name, a place, a case number, or a group of up to five words) into keyed hashes
// and a length; New makes a Gate of them; Search looks through texts:
//
//  1. each text is read in several ways (source.go): as a reader sees it, with
//     the link targets and tags that a reader does not see, undecoded, and
//     reversed where a bidirectional override does so;
//  2. each reading is folded to letters (fold.go, tables.go): compatibility
//     forms, case, accents, strokes, ligatures, kana, jamo and digits become one;
//     what stands between two letters becomes a gap (spacing.go);
//  3. the letters are read again (reread.go) with lookalikes of other scripts,
//     with digits and signs for letters, with umlauts as two letters, with rn as m;
//  4. windows of the lengths that entries have, run together from word edge to
//     word edge, are hashed and looked up (scan.go).
//
// Because the letters of a window are run together, it makes no difference what
// divides them; the gaps only decide which windows are tried. Hyphens, Markdown's
// marks and the like may stand inside a word. White space may not, or "nor a"
// would be Nora, unless the word is spelled out: three or more single letters,
// one pair among more. A group has one hash for each order of its words, and is
// found in any order and run together; between its words may be white space and
// signs, but no other word. A part of a group is no match.
//
// Word edges are also where small letters meet capitals (#PrayForMaria) and
// letters meet digits. In Han, kana, hangul, Thai, Lao, Khmer, Burmese, Tibetan
// and their neighbours they are everywhere; so マリア is found in マリアナ. Of four
// letters or more, a name is also found before a final s (Marias, which is German
// for "Maria's") and after the letters that Arabic and Hebrew join to a word
// ("and", "to", "in", "the").
//
// The price is a false alarm now and then: Liana where the group Li Ana is
// protected, Andreas where Andrea is, in-a-box where Ina is. Protecting the whole
// name instead of a short part of it avoids nearly all of them, and is the only
// way for names that are also words (Will, May, He).
//
// The gate is no reader. It does not find
//
//   - inflected forms (Марию for Мария), other spellings (Marya), nicknames,
//     translated names (Mary), names in another script (Мария for Maria),
//     traditional for simplified characters: add each;
//   - a name with one space in it (Mar ia), one letter wrong, words between those
//     of a group, or parts in two texts;
//   - a name inside a longer word, in small letters: #prayformaria;
//   - lookalikes of a name of three letters amid text of their script, where they
//     are that script's words, and two-letter names that are spelled out, which
//     are initials;
//   - more than one disguise of those in step 3 at once, or digits for letters in
//     a word that is spelled out;
//   - pictures, sounds, codes such as Morse or base64, words that point at a
//     person without a name.
//
// The file testdata/attempts.tsv has an example of most of this, and
// testdata/harmless.tsv of what must pass.
//
// A hash is safe only as long as its key: who has both can try every name there
// is. Labels are shown and logged, so they must not be the name.
package protect
