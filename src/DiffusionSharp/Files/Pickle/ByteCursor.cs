using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>Reads a part of a file from front to back through a small buffer.</summary>
internal sealed class ByteCursor
{
    /// <summary>The most bytes that can be asked for at once.</summary>
    public const int MaxRead = 1 << 16;

    private readonly FileBytes file;
    private readonly long end;
    private readonly byte[] buffer;
    private int at;
    private int filled;
    private long next;

    public ByteCursor(FileBytes file, long start, long end)
    {
        (this.file, this.end, next) = (file, end, start);
        buffer = new byte[(int)Math.Clamp(end - start, 0, MaxRead)];
    }

    public FileBytes File => file;

    /// <summary>Where the next byte lies in the file.</summary>
    public long Position => next - filled + at;

    public long Remaining => end - Position;

    public byte ReadByte() => at < filled ? buffer[at++] : Read(1)[0];

    /// <summary>Reads at most <see cref="MaxRead"/> bytes; they stay valid until the next read.</summary>
    public ReadOnlySpan<byte> Read(int count)
    {
        if (count > filled - at)
        {
            Fill(count);
        }

        at += count;
        return buffer.AsSpan(at - count, count);
    }

    /// <summary>Reads up to a line feed, which is taken and not returned.</summary>
    public ReadOnlySpan<byte> ReadLine(int max)
    {
        for (var length = 0; length <= max; length++)
        {
            if (length >= filled - at)
            {
                Fill(length + 1);
            }

            if (buffer[at + length] == (byte)'\n')
            {
                return Read(length + 1)[..length];
            }
        }

        throw ModelFileError.Malformed(file.Path, $"a line in its pickle is longer than {max} bytes");
    }

    public void Skip(long count)
    {
        if (count > Remaining)
        {
            throw CutOff();
        }

        if (count <= filled - at)
        {
            at += (int)count;
        }
        else
        {
            (next, at, filled) = (Position + count, 0, 0);
        }
    }

    private void Fill(int count)
    {
        if (count > Remaining)
        {
            throw CutOff();
        }

        buffer.AsSpan(at, filled - at).CopyTo(buffer);
        (at, filled) = (0, filled - at);
        var more = (int)Math.Min(buffer.Length - filled, end - next);
        if (!file.TryRead(buffer.AsSpan(filled, more), next))
        {
            throw CutOff();
        }

        (filled, next) = (filled + more, next + more);
    }

    private DiffusionException CutOff() => ModelFileError.Malformed(file.Path, "it ends inside its pickle or another table (cut off?)");
}
