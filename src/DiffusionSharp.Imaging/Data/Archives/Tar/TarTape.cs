namespace DiffusionSharp.Imaging.Data.Archives.Tar;

/// <summary>A tar archive as what it is: blocks of 512 bytes one after the other, headers and data, read once and forwards.</summary>
internal sealed class TarTape(Stream stream)
{
    /// <summary>Bytes of a block.</summary>
    public const int BlockBytes = 512;

    // What is left of the data that was begun, and of the block it ends in.
    private long data;
    private long padding;

    /// <summary>Reads a block where none of the data is left; false at the end of the archive.</summary>
    /// <exception cref="EndOfStreamException">The archive ends within a block.</exception>
    public bool ReadBlock(Span<byte> block)
    {
        var n = stream.ReadAtLeast(block[..BlockBytes], BlockBytes, throwOnEndOfStream: false);
        return n is 0 or BlockBytes ? n > 0 : throw Cut();
    }

    /// <summary>Begins the data that follows a header.</summary>
    public void Begin(long bytes) => (data, padding) = (bytes, (BlockBytes - (bytes % BlockBytes)) % BlockBytes);

    /// <summary>Reads on in the data; 0 at its end.</summary>
    /// <exception cref="EndOfStreamException">The archive ends first.</exception>
    public int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, data);
        var n = wanted == 0 ? 0 : stream.Read(buffer[..wanted]);
        data -= n;
        return n > 0 || wanted == 0 ? n : throw Cut();
    }

    /// <summary>Reads all of the data, which is text of no more than so many bytes.</summary>
    /// <exception cref="InvalidDataException">There is more.</exception>
    public byte[] ReadText(int most)
    {
        var bytes = data <= most ? new byte[data] : throw new InvalidDataException($"a header of {data} bytes is more than the limit of {most}.");
        for (var done = 0; done < bytes.Length;)
        {
            done += Read(bytes.AsSpan(done));
        }

        return bytes;
    }

    /// <summary>Passes over what is left of the data.</summary>
    /// <exception cref="EndOfStreamException">The archive ends first.</exception>
    public void End()
    {
        if (stream.CanSeek)
        {
            // The last block may be short, the data may not.
            var rest = stream.Length - stream.Position;
            stream.Seek(data <= rest ? Math.Min(data + padding, rest) : throw Cut(), SeekOrigin.Current);
        }
        else
        {
            Span<byte> passed = stackalloc byte[4096];
            while (data > 0)
            {
                Read(passed);
            }

            stream.ReadAtLeast(passed[..(int)padding], (int)padding, throwOnEndOfStream: false);
        }

        (data, padding) = (0, 0);
    }

    private static EndOfStreamException Cut() => new("it ends too early.");
}
