using System.Buffers.Binary;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Imaging.Files;

/// <summary>Reads what a PNG says of itself, without decoding the picture.</summary>
public static class PngFile
{
    /// <summary>Walks through the file's chunks. Their pictures' data is not looked at, so that the size of a file costs nothing.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DiffusionException">It cannot be read, is not a PNG, or is truncated or damaged (<see cref="ErrorKind.Data"/>).</exception>
    public static PngFacts Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var file = RegularFile.OpenRead(path);
            return Read(file);
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or NotSupportedException)
        {
            var isAbsent = e is FileNotFoundException or DirectoryNotFoundException;
            throw new DiffusionException(
                ErrorKind.Data, isAbsent ? $"{path}: there is no such file; check the name" : e is InvalidDataException ? $"{path}: {e.Message}" : e.Message, e);
        }
    }

    private static PngFacts Read(Stream file)
    {
        uint width = 0, height = 0, frames = 1;
        var text = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (type, data) in PngChunks.Read(file, (type, length) => type is "IHDR" || (type, length) is ("acTL", 8) or ("iTXt", <= PngText.Longest)))
        {
            switch (type)
            {
                case "IHDR":
                    (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(data), BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(4)));
                    break;
                case "acTL" when data.Length > 0:
                    frames = BinaryPrimitives.ReadUInt32BigEndian(data);
                    break;
                case "iTXt" when PngText.Read(data) is var (key, value):
                    text.TryAdd(key, value);
                    break;
                default:
                    break;
            }
        }

        return new PngFacts(width, height, frames, text);
    }
}
