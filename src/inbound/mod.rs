//! Citizens' replies: commands and linking.
