using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Files.Tensors;

/// <summary>What a container says the CRC-32 of some of its bytes is.</summary>
/// <param name="Name">What the bytes are called there.</param>
/// <param name="File">Which of several files they are in.</param>
/// <param name="Start">Where they begin.</param>
/// <param name="Length">How many they are.</param>
/// <param name="Crc">Their checksum.</param>
internal readonly record struct StoredChecksum(string Name, int File, long Start, long Length, uint Crc)
{
    /// <summary>Reads the bytes through a buffer and throws when they are others.</summary>
    public void Check(FileBytes file, byte[] buffer, CancellationToken cancellationToken)
    {
        var crc = 0u;
        for (var at = 0L; at < Length; at += buffer.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, Length - at));
            if (!file.TryRead(part, Start + at))
            {
                throw ModelFileError.Malformed(file.Path, $"it has become shorter since it was opened, inside '{Printable.Sanitize(Name)}'");
            }

            crc = Crc32.Compute(part, crc);
        }

        if (crc != Crc)
        {
            throw ModelFileError.Malformed(file.Path, $"the checksum of '{Printable.Sanitize(Name)}' is {crc:X8} instead of {Crc:X8}: its bytes are not those that were saved");
        }
    }
}
