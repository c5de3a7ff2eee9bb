using System.Buffers.Binary;
using DiffusionSharp.Files.Pickle;
using DiffusionSharp.Files.Safetensors;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files;

/// <summary>Opens files of tensors: tells by a file's first bytes what it is, and reads it if it is a container of tensors.</summary>
public static class TensorFiles
{
    private const string Supported = "safetensors, the index of safetensors or .bin in several files, and what torch.save writes are read";

    /// <summary>Opens a file, which is recognised by its content, and checks its table of tensors against its size.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DiffusionException">
    /// <see cref="ErrorKind.ModelFile"/>: no such file, or it is malformed or holds something that is refused; the message names the file
    /// and the reason.
    /// </exception>
    public static TensorFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Read(FileBytes.Open(path));
    }

    /// <summary>Reads an open file, which the result closes.</summary>
    internal static TensorFile Read(FileBytes file)
    {
        try
        {
            return ReadTable(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static TensorFile ReadTable(FileBytes file)
    {
        Span<byte> start = stackalloc byte[512];
        start = start[..(int)Math.Min(start.Length, file.Length)];
        if (!file.TryRead(start, 0))
        {
            throw ModelFileError.Malformed(file.Path, "it becomes shorter while it is read");
        }

        return ShardIndex.Begins(start) && !IsSafetensors(start) ? ShardIndex.Read(file) : ReadOne(file, start);
    }

    /// <summary>Reads a file that may not be an index of others.</summary>
    internal static TensorFile ReadOne(FileBytes file, ReadOnlySpan<byte> start)
    {
        if (IsSafetensors(start))
        {
            return SafetensorsFormat.Read(file);
        }

        if (start.StartsWith("PK\u0003\u0004"u8) || start.StartsWith("PK\u0005\u0006"u8))
        {
            return TorchZipFormat.Read(file);
        }

        if (TorchLegacyFormat.Begins(start))
        {
            return TorchLegacyFormat.Read(file);
        }

        return Other(file, start) is { } other
            ? throw ModelFileError.Refused(file.Path, $"it is {other} ({Supported})")
            : SafetensorsFormat.Read(file);
    }

    // A length below 2^32 and a brace. Whatever the length's first bytes look like, no text has zeros in it.
    private static bool IsSafetensors(ReadOnlySpan<byte> start) => start is [_, _, _, _, 0, 0, 0, 0, (byte)'{', ..];

    private static string? Other(FileBytes file, ReadOnlySpan<byte> start)
    {
        if (start is [_, _, _, _, _, _, _, _, (byte)'{', ..])
        {
            return null;
        }

        if (start.IsEmpty)
        {
            return "empty, it has 0 bytes; fetch it again";
        }

        if (start.StartsWith("version https://git-lfs"u8))
        {
            return "a pointer of Git LFS, not the file itself; fetch it with 'git lfs pull'";
        }

        if (start.TrimStart(" \t\r\n"u8).StartsWith("<"u8))
        {
            return "a web page or XML, perhaps an error message instead of the download; open it in a text editor";
        }

        if (IsEarlyPickle(file, start))
        {
            return start.StartsWith("L119547037146038801333356"u8)
                ? "what torch.save wrote with an early pickle protocol; load it in Python and save it again with torch.save"
                : "a pickle of protocol 0 or 1, not one that torch.save wrote; load it in Python where you trust it and save the weights with torch.save";
        }

        return start switch
        {
            [0x89, (byte)'P', (byte)'N', (byte)'G', ..] or [0xFF, 0xD8, 0xFF, ..] => "a picture, whatever its name says; fetch the model again",
            [0x08, <= 0x20, 0x12 or 0x1A or 0x22 or 0x2A or 0x32 or 0x3A or 0x42, ..] => "an ONNX file, which ONNX Runtime and others run; give the model that it was exported from",
            [0x89, (byte)'H', (byte)'D', (byte)'F', ..] => "HDF5 (Keras?); convert it to safetensors in Python",
            [0x1F, 0x8B, ..] => "compressed with gzip; unpack it first",
            [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', ..] => "one NumPy array (.npy), which is data and no checkpoint",
            [(byte)'G', (byte)'G', (byte)'U', (byte)'F', ..] => "GGUF; convert it to safetensors",
            [0x80, >= 2 and <= 5, ..] => "a plain pickle, not one that torch.save wrote; load it in Python where you trust it and save the weights with torch.save",
            _ when start.Length > 262 && start[257..].StartsWith("ustar"u8) => "a tar archive, as PyTorch 0.1 wrote them (or any other); load it with an old PyTorch and save it again",
            _ when IsTensorFlow(file) => "the index of a TensorFlow checkpoint; convert it to safetensors in Python",
            _ => null,
        };
    }

    // Text: an opcode and its line; protocol 1 begins with an empty dict or list, and keeps it.
    private static bool IsEarlyPickle(FileBytes file, ReadOnlySpan<byte> start)
    {
        Span<byte> end = stackalloc byte[1];
        return start is [(byte)'(', (byte)'d' or (byte)'l' or (byte)'i', ..] or [(byte)'}' or (byte)']', (byte)'q', ..] or [(byte)'c' or (byte)'L', ..]
            && (start[0] is (byte)'}' or (byte)']' || (start.IndexOf((byte)'\n') is > 0 and var line && !start[..line].Contains((byte)' ')))
            && file.TryRead(end, file.Length - 1) && end[0] == (byte)'.';
    }

    // The magic number at the end of LevelDB's tables.
    private static bool IsTensorFlow(FileBytes file)
    {
        Span<byte> end = stackalloc byte[8];
        return file.Length >= 48 && file.TryRead(end, file.Length - 8) && BinaryPrimitives.ReadUInt64LittleEndian(end) == 0xDB4775248B80FB57;
    }
}
