mod craft;
mod hostile_content;
mod hostile_layout;
mod round_trip;
