"""English words of user interfaces, by topic: the labels one finds together on a screen."""

from __future__ import annotations

# topic → terms separated by "; ", in the capitals an interface shows
ENGLISH: dict[str, str] = {
    "printing": """Printer; Paper size; Print preview; Page range; Copies; Duplex; Toner level;
Orientation; Landscape; Print queue; Margins; Scale to fit; Colour mode; Paper tray;
Default printer; Print quality; Collate; Two-sided; Pause printing; Scanner; Add printer;
Paper jam; Ink cartridge""",
    "network": """Wi-Fi; Ethernet; IP address; Subnet mask; Gateway; DNS server; Proxy; VPN;
Hotspot; Signal strength; MAC address; Port; Connect automatically; Airplane mode; Firewall;
Router; Bandwidth; Network name; Connection timed out; DHCP; Limit rate; Known networks;
Data usage; No internet""",
    "audio": """Recording device; Sample rate; Playback volume; Microphone; Equalizer;
Input level; Mute; Stereo; Channels; Noise reduction; Fade in; Bit depth; Latency; Track;
Export audio; Normalize; Reverb; Amplify; Loop; Clip; Spectrogram; Waveform; Speakers; Audio host;
Crossfade; Pitch; Compressor""",
    "video": """Resolution; Frame rate; Subtitles; Codec; Timeline; Full screen; Playback speed;
Aspect ratio; Snapshot; Video output; Deinterlace; Playlist; Hardware decoding; Chapter; Stream;
Bitrate; Trim; Crop; Transition; Render; Preview; Closed captions; Thumbnail; Keyframe""",
    "maps": """Layers; Legend; Coordinates; Projection; Zoom to layer; Attribute table; Scale bar;
Route; Directions; Satellite; Basemap; Elevation; Symbology; Label features; Measure distance;
Extent; Raster; Vector; Waypoint; Polygon; Compass; Traffic; Nearby; Georeferencer; Contour lines;
Latitude; Longitude""",
    "files": """New folder; Rename; Move to trash; Copy; Paste; Open with; Properties;
Permissions; Hidden files; Sort by name; Date modified; Size; Compress; Extract; Recent;
Downloads; Desktop; Shortcut; Duplicate; Select all; File type; Read only; Location; Free space;
Restore; Empty trash""",
    "accounts": """Username; Password; Sign in; Sign out; Profile; Forgot password;
Create account; Email address; Two-factor authentication; Verification code; Recovery email;
Change password; Display name; Avatar; Delete account; Linked accounts; Active sessions;
Security question; Subscription; Privacy; Close account""",
    "payments": """Payment method; Invoice; Billing address; Amount due; Pay now;
Transaction history; Refund; Pending; Declined; Currency; Exchange rate; Direct debit; Receipt;
Balance; Top up; Fee; Statement; Auto-pay; Standing order; Total; Due date; Payment failed; Tax;
Discount; Cash withdrawal""",
    "cards": """Card number; Expiry date; Security code; PIN; Freeze card; Lost or stolen;
Virtual card; Contactless; Activate card; Card delivery; Spending limit; ATM withdrawal;
Replacement card; Apple Pay; Google Pay; Cardholder name; Card arrival; Foreign transactions;
Unblock PIN; Disposable card; Debit card""",
    "transfers": """Transfer; Beneficiary; Account number; Sort code; Reference; Recipient; IBAN;
Send money; Scheduled; Cancel transfer; Failed transfer; Transfer limit; International;
Arrives by; Sender; From account; To account; Exchange; Receiving money; Request money;
Confirm transfer; Pending transfer""",
    "updates": """Check for updates; Install update; Version; Release notes; Restart now;
Remind me later; Download progress; Up to date; Automatic updates; Changelog; Roll back;
Security patch; Beta channel; Update failed; Installing; Last checked; Build number; Upgrade;
Package; Dependencies; Repository""",
    "display": """Screen resolution; Brightness; Night light; Scaling; Refresh rate;
Multiple displays; Theme; Wallpaper; Dark mode; Colour profile; Font size; Contrast; Orientation;
Mirror; Primary display; Icon size; Screen saver; Animations; Transparency; Cursor size;
Window borders; Background; Accent colour""",
    "keyboard": """Keyboard shortcuts; Layout; Input method; Repeat rate; Modifier keys;
Assign key; Reset to default; Key binding; Caps Lock; Mouse speed; Pointer; Scroll direction;
Double-click; Touchpad; Gesture; Compose key; Function keys; On-screen keyboard; Macro; Conflict;
Action; Press a key; Primary button""",
    "calendar": """New event; Meeting; Reminder; Time zone; Invite guests; All day; Repeat weekly;
Due date; Agenda; Month view; Week; Today; Busy; Schedule; Availability; Location; Appointment;
Deadline; Holiday; Alarm; Book a room; Attendees; Accept; Decline; Working hours""",
    "mail": """Inbox; Compose; Reply; Forward; Attachment; Subject; Recipients; Draft; Sent; Spam;
Signature; Archive; Mark as read; Folder; Filter rules; IMAP server; SMTP server; Outgoing mail;
Unread; Address book; Encryption; Out of office; Mailbox full; Send later; Unsubscribe""",
    "contacts": """Contact; Phone number; Address; Company; Group; Favourites; Import contacts;
Export contacts; Merge duplicates; Birthday; Job title; Website; Add contact; Block; Notes;
Nickname; Mobile; Work; Home; Emergency contact; Share contact; Photo""",
    "security": """Firewall; Antivirus scan; Threat detected; Certificate; Encryption key;
Fingerprint; Lock screen; Permissions; Quarantine; Trusted devices; Password strength; Audit log;
Access denied; Allow; Deny; Private key; Passphrase; Untrusted; Expired certificate;
Security scan; Malware; Administrator; Token""",
    "backup": """Back up now; Restore; Schedule; Last backup; Destination; Incremental;
Full backup; Retention; Cloud storage; Snapshot; Verify backup; Backup history; Exclude folders;
Encryption; Sync; Conflict; Local copy; Recovery point; External drive; Archive; Upload;
Version history; Sync errors""",
    "storage": """Disk usage; Partition; Format; Mount; Free space; File system; Volume; Clean up;
Temporary files; Cache; Used space; Capacity; USB drive; Eject; Disk health; Defragment; RAID;
Check disk; Quota; Unmount; Low disk space; Swap; Boot; Block size""",
    "photos": """Album; Exposure; White balance; Crop; Rotate; Red-eye; Import photos; Slideshow;
Histogram; Saturation; Sharpness; ISO; Aperture; Shutter; Lens correction; Export; Tags; Rating;
RAW; Camera; Flash; Gallery; Denoise; Tone curve; Metadata""",
    "drawing": """Brush; Layer; Opacity; Eraser; Gradient; Fill; Stroke; Selection; Palette;
Canvas size; Blend mode; Transform; Mask; Text tool; Shape; Align; Group; Path; Pencil;
Color picker; Undo; Grid; Guides; Snap; Resize image; Filters; Foreground colour; Nodes""",
    "modelling": """Mesh; Extrude; Vertex; Edge; Face; Material; Texture; Camera; Light; Modifier;
Viewport; Render; Object properties; Scene; Keyframe; Armature; Bevel; Boolean; Sculpt; UV map;
Shader; Rotation; Location; Scale; Constraint; Part design; Sketch; Dimension""",
    "spreadsheet": """Sheet; Cell; Formula; Sum; Pivot table; Chart; Sort ascending; Filter;
Column width; Merge cells; Freeze rows; Number format; Conditional formatting; Row height;
Insert column; Average; Cell reference; AutoFill; Data validation; Borders; Quarter; Revenue;
Cost; Total; Percent""",
    "documents": """Paragraph style; Heading; Font; Page break; Table of contents; Footnote;
Header; Footer; Spelling; Track changes; Comments; Line spacing; Bullets; Columns; Insert image;
Word count; Template; Bibliography; Export as PDF; Page number; Indent; Find and replace;
Cross-reference; Section""",
    "programming": """Breakpoint; Compile; Debug; Run; Build failed; Syntax error; Terminal;
Commit; Branch; Merge conflict; Pull request; Stack trace; Variables; Function; Test results;
Refactor; Go to definition; Watch; Output; Problems; Extension; Push; Unit test; Import; Linter;
Repository; Diff""",
    "database": """Query; Table; Index; Primary key; Connection; Schema; Column; Row count;
Export; Execute; Transaction; Rollback; Foreign key; Data type; Null; View; Trigger; Host; Port;
Backup; Restore; Permission; Slow query; Join; Result grid; Insert record""",
    "server": """Service; Log; CPU usage; Memory; Uptime; Restart; Container; Image; Cluster;
Node; Deployment; Load average; Port; Health check; Environment variables; Process; Status;
Running; Stopped; Alerts; Hostname; Requests; Latency; Error rate; Certificate; Cron job""",
    "bluetooth": """Pair device; Bluetooth; Headset; Discoverable; Connected devices; Battery;
Forget device; Headphones; Pairing code; Available devices; Not connected; Speaker; Keyboard;
Mouse; Gamepad; Firmware; USB; Device name; Rename device; Driver; Device manager; Unknown device;
Remove device""",
    "shopping": """Cart; Add to cart; Checkout; Wish list; Price; Reviews; In stock; Sold out;
Quantity; Sort by price; Category; Brand; Size; Colour; Coupon code; Order summary; Free delivery;
Compare; Sale; New arrivals; Gift card; Subtotal; Best seller; Details""",
    "orders": """Order number; Track order; Shipping address; Delivery date; Return item;
Refund status; Dispatched; Out for delivery; Delivered; Courier; Order history; Cancel order;
Exchange; Missing item; Damaged; Pick-up point; Express delivery; Standard delivery; Return label;
Postcode; Invoice; Preparing""",
    "travel": """Flight; Departure; Arrival; Boarding pass; Passenger; Seat; Baggage; Check-in;
Gate; Hotel; Booking; Round trip; One way; Guests; Rooms; Train; Ticket; Fare; Itinerary;
Passport; Change booking; Cancel booking; Delayed; Platform""",
    "power": """Battery; Charging; Sleep; Hibernate; Shut down; Power saver; Lid closed;
Screen timeout; Low battery; Power button; Performance; Balanced; Time remaining; Battery health;
Suspend; Wake up; Restart; Log out; Automatic suspend; Dim screen; Plugged in; Startup programs""",
    "language": """Language; Region; Date format; Time zone; Spell check; Translate; Currency;
Keyboard layout; Dictionary; Preferred languages; First day of week; Formats; Encoding; Units;
Metric; 24-hour clock; Input source; Install language; Default language; Right to left;
Character set; Calendar""",
    "accessibility": """Screen reader; Magnifier; High contrast; Large text; Captions;
Sticky keys; Slow keys; Zoom; Voice control; Cursor blinking; Colour filters; Mono audio;
Visual alerts; Bounce keys; Mouse keys; Narrator; Reduce motion; Text to speech; Hearing; Vision;
Typing assist; Braille""",
    "chat": """Message; Channel; Mention; Thread; Online; Away; Call; Video call; Share screen;
Mute notifications; Direct message; Emoji; Attachment; Group; Invite; Typing; Read receipt;
Block user; Join meeting; Leave call; Camera off; Microphone muted; Reply; Pinned""",
    "extensions": """Plugins; Add-ons; Enable; Disable; Install; Uninstall; Update all;
Extension settings; Repository; Author; Version; Permissions; Compatible; Deprecated; Installed;
Browse; Configure; Reload; Module; Script; Preset; Theme pack; Unsupported; Rating""",
    "browser": """Bookmarks; History; New tab; Home page; Cookies; Pop-up blocker; Private window;
Downloads; Search engine; Clear browsing data; Address bar; Page not found; Site settings; Reload;
Cache; Certificate error; Autofill; Saved passwords; Zoom; Default browser; Tracking protection;
Pinned tab""",
    "games": """New game; Load game; Save slot; Difficulty; Controller; Graphics quality;
Multiplayer; Level; Score; Lives; Achievements; Resume; Quit; Sound effects; Vertical sync; Lobby;
Leaderboard; Inventory; Quest; Player; Map; Frame limit; Settings; Game over""",
    "science": """Plot; Axis; Data set; Histogram; Regression; Sample; Variable; Spectrum;
Calibration; Measurement; Frequency; Simulation; Time step; Sensor; Units; Temperature; Pressure;
Residuals; Fit curve; Standard deviation; Mean; Confidence; Wavelength; Export data""",
    "learning": """Course; Lesson; Quiz; Question; Answer; Deck; Flashcard; Due today; Grade;
Assignment; Student; Teacher; Progress; Certificate; Review; Submit; Deadline; Vocabulary;
Exercise; Card type; Study now; Statistics; Hard; Good; Easy; Enrol""",
}
