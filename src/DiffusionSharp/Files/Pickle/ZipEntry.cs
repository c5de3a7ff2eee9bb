namespace DiffusionSharp.Files.Pickle;

/// <summary>A stored file in a zip archive.</summary>
/// <param name="Name">Its name; never used as a path.</param>
/// <param name="Header">Where its local header begins.</param>
/// <param name="Start">Where its bytes begin.</param>
/// <param name="Length">How many they are.</param>
/// <param name="Crc">Their CRC-32.</param>
internal readonly record struct ZipEntry(string Name, long Header, long Start, long Length, uint Crc);
