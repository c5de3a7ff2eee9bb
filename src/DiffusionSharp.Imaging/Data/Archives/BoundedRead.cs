using DiffusionSharp.Imaging.Decoding;

namespace DiffusionSharp.Imaging.Data.Archives;

/// <summary>Reads what a stranger's file promises: never more than it says, and nothing of what is no picture.</summary>
internal static class BoundedRead
{
    /// <summary>Larger encoded files are refused.</summary>
    public const long MaxFileBytes = 64L << 20;

    /// <summary>Reads an encoded picture, or no more than its first bytes where they are those of none.</summary>
    /// <param name="stream">Stands at the beginning.</param>
    /// <param name="declared">The bytes that are promised.</param>
    /// <exception cref="BadImageException">It is too large, or no picture that can be read.</exception>
    /// <exception cref="InvalidDataException">There is more than was promised.</exception>
    public static byte[] Picture(Stream stream, long declared)
    {
        if (declared > MaxFileBytes)
        {
            throw new BadImageException(FormattableString.Invariant($"{declared} bytes are more than the limit of {MaxFileBytes}"));
        }

        var head = Head(stream);
        ImageSignature.Check(head);
        return All(stream, declared, head);
    }

    /// <summary>The first bytes, as many as tell a picture.</summary>
    public static byte[] Head(Stream stream)
    {
        var head = new byte[ImageSignature.Length];
        return head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
    }

    /// <summary>Reads to the end.</summary>
    /// <param name="stream">Stands behind <paramref name="head"/>.</param>
    /// <param name="declared">The bytes that are promised, with those of <paramref name="head"/>.</param>
    /// <param name="head">What was read already.</param>
    /// <exception cref="InvalidDataException">There is more than was promised.</exception>
    public static byte[] All(Stream stream, long declared, ReadOnlySpan<byte> head = default)
    {
        var bytes = new byte[Math.Max(head.Length, declared)];
        head.CopyTo(bytes);
        var done = head.Length + stream.ReadAtLeast(bytes.AsSpan(head.Length), bytes.Length - head.Length, throwOnEndOfStream: false);
        return done < declared ? bytes[..done]
            : done == declared && stream.ReadByte() < 0 ? bytes
            : throw new InvalidDataException("it is longer than the archive's directory says");
    }
}
