#pragma once

#include <string>
#include <string_view>

/// What Go's golang.org/x/mod 0.42.0 (sumdb/note, sumdb/tlog) and filippo.io/torchwood 0.9.0 made of these
/// seeds, both from Debian sid; tests/tlog/peers makes them again. The tree is that of "entry 0" to "entry
/// 6".
namespace busguard::tlog::golden {

inline constexpr std::string_view log_seed =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
inline constexpr std::string_view log_name = "example.com/log";
inline constexpr std::string_view log_skey =
    "PRIVATE+KEY+example.com/log+d455c521+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
inline constexpr std::string_view log_vkey =
    "example.com/log+d455c521+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

inline constexpr std::string_view witness_seed =
    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
inline constexpr std::string_view witness_name = "witness.example/w1";
inline constexpr std::string_view witness_vkey =
    "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";

/// A text with an empty line and a dash of its own.
inline constexpr std::string_view prose_text = "A text,\n\nwith \u2014 a dash and an empty line.\n";
inline constexpr std::string_view prose_line =
    "\u2014 example.com/log "
    "1FXFIZ9tfqOer6+ywLhHk3AWqQaHX5KvroTZe3NXFxpqJmFe+2ndGjFx5oZkjUsiTsrTvvj2+K+315afXj8wuUhZ"
    "OQI=\n";

inline constexpr std::string_view far_skey =
    "PRIVATE+KEY+ex\u00e4mple.com/\u65e5\u8a8c+01cb7133+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
inline constexpr std::string_view far_note =
    "x\n\n\u2014 ex\u00e4mple.com/\u65e5\u8a8c "
    "ActxMwVkoL7vxJZY5rpIale+sCl5tREzOYt36HBaVJ3fORZpPAMksnsOAs0HssQk/"
    "7ol4R6t2sbNBeuZjaBdxz3nVgk=\n";

inline constexpr std::string_view checkpoint_text =
    "example.com/log\n7\nmMl/C6MXXNCLAx3QhLncTmSbZNGijm6mlGRlAxc6tYc=\n";
inline constexpr std::string_view checkpoint_line =
    "\u2014 example.com/log "
    "1FXFIQhEJ7KqpJ6aaLP5+XkzbX9RUl+f4MxoPMcbR8ZRyOJrLYts2a9OzVWKhfFncwW/5B7f1nkEFQFrYmIR1HvY"
    "1gk=\n";
inline constexpr long long cosigned_at = 1795633504;  ///< seconds since 1970
inline constexpr std::string_view cosignature_line =
    "\u2014 witness.example/w1 "
    "IDJKvgAAAABrBzFgIu9U/pZ4zWpGZDWreXtk/tVQSe3X6nzr9oVsqamb8wp0qFrpxROZoHfT1K1icKzvmt1ELp"
    "VJkPKAIrODsL3cDQ==\n";
/// Of the checkpoint with one more line, "an extension".
inline constexpr std::string_view extended_line =
    "\u2014 witness.example/w1 "
    "IDJKvgAAAABrBzFgcgumWKQoPoegH11Cnf0UpKrbn5nK88xB+9aMkLB0SMFLhBAEYaU8C+kSA6Xy5H7GJRP58j"
    "HRY4gPdakhWVJ7AA==\n";

/// In front of the checkpoint, that "entry 3" is number 3.
inline constexpr std::string_view proof_head =
    "c2sp.org/tlog-proof@v1\nextra ZXh0cmE=\nindex 3\nV8efTzGuApxdS9MLBzwnyU35NDiytGl+Hh7vW8A5SkE=\n"
    "WkdmL9ijF9lgSaP59HxV3GfKZgUbqjaD27GbL+CaB7A=\nlK+4osoFHAVFjqOdzRmxvWjn4zUp8QtDnSphWlH2NuI=\n\n";

inline std::string note(std::string_view text, std::string_view lines) {
    return std::string{text}.append("\n").append(lines);
}
inline std::string checkpoint() { return note(checkpoint_text, checkpoint_line); }
inline std::string cosigned() { return checkpoint().append(cosignature_line); }
inline std::string proof() { return std::string{proof_head}.append(cosigned()); }

}  // namespace busguard::tlog::golden
