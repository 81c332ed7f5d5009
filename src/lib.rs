//! houseplan
