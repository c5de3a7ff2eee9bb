using System.Buffers.Binary;
using System.Runtime.InteropServices;
using DiffusionSharp.Storage;
using Microsoft.Win32.SafeHandles;

namespace DiffusionSharp.Weights;

/// <summary>
/// An open safetensors file (https://github.com/huggingface/safetensors#format). Opening reads and checks the header only;
/// tensors are read when asked for, by positional reads, so that a file cut off meanwhile is an error and not the end of the
/// process (as it would be through a memory map). Safe for concurrent readers.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle handle;
    private readonly OrderedDictionary<string, TensorInfo> tensors;

    private SafetensorsFile(string path, SafeFileHandle handle, OrderedDictionary<string, TensorInfo> tensors, Dictionary<string, string> metadata)
    {
        Path = path;
        this.handle = handle;
        this.tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>The file's path as given.</summary>
    public string Path { get; }

    /// <summary>Every tensor by name, in the order of their data in the file.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors => tensors;

    /// <summary>The strings of <c>__metadata__</c>; empty when there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens a file and checks its header against the file's size.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="DiffusionException">
    /// <see cref="ErrorKind.ModelFile"/>: no such file, or it is malformed; the message names the file, the tensor and the reason.
    /// </exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, options: FileOptions.RandomAccess);
            var (tensors, metadata) = ReadHeader(path, handle);
            return new SafetensorsFile(path, handle, tensors, metadata);
        }
        catch (Exception e)
        {
            handle?.Dispose();
            if (e is IOException or UnauthorizedAccessException or NotSupportedException)
            {
                throw StorageErrors.Failed("read model file", path, e, ErrorKind.ModelFile);
            }

            throw;
        }
    }

    /// <summary>Reads a tensor as float32; F16 and BF16 are exact, F64 is rounded.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="allowIntegers">Also convert integers and booleans, which are refused otherwise.</param>
    /// <exception cref="DiffusionException">No such tensor, an integer one, or it cannot be read.</exception>
    public HostTensor ReadFloat32(string name, bool allowIntegers = false)
    {
        var info = Find(name);
        if (info.Elements > Array.MaxLength)
        {
            throw Problem(info, $"its {info.Elements} elements are more than an array can hold ({Array.MaxLength})");
        }

        RequireConvertible(info, allowIntegers);
        var data = GC.AllocateUninitializedArray<float>((int)info.Elements);
        ReadFloat32(name, data, allowIntegers);
        return new HostTensor([.. info.Shape], data);
    }

    /// <summary>Reads a tensor as float32 into memory of the caller.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="destination">Receives the values in C order; exactly as long as the tensor has elements.</param>
    /// <param name="allowIntegers">Also convert integers and booleans, which are refused otherwise.</param>
    /// <exception cref="DiffusionException">No such tensor, an integer one, or it cannot be read.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void ReadFloat32(string name, Span<float> destination, bool allowIntegers = false)
    {
        var info = Find(name);
        RequireConvertible(info, allowIntegers);
        if (destination.Length != info.Elements)
        {
            throw new ArgumentException($"tensor '{name}' has {info.Elements} elements, the destination {destination.Length}", nameof(destination));
        }

        if (info.Dtype == TensorDtype.F32)
        {
            ReadExactly(info, MemoryMarshal.AsBytes(destination), 0);
            return;
        }

        var size = TensorInfo.ElementSize(info.Dtype);
        var buffer = new byte[(int)Math.Min(1 << 16, info.ByteLength)];
        for (var done = 0; done < destination.Length;)
        {
            var count = Math.Min(buffer.Length / size, destination.Length - done);
            var chunk = buffer.AsSpan(0, count * size);
            ReadExactly(info, chunk, (long)done * size);
            ToFloat32.Convert(info.Dtype, chunk, destination.Slice(done, count));
            done += count;
        }
    }

    /// <summary>Reads a tensor's bytes as they are in the file (little-endian).</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="DiffusionException">No such tensor, or it cannot be read.</exception>
    public byte[] ReadBytes(string name)
    {
        var info = Find(name);
        if (info.ByteLength > Array.MaxLength)
        {
            throw Problem(info, $"its {info.ByteLength} bytes are more than an array can hold ({Array.MaxLength})");
        }

        var bytes = GC.AllocateUninitializedArray<byte>((int)info.ByteLength);
        ReadExactly(info, bytes, 0);
        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose() => handle.Dispose();

    private static (OrderedDictionary<string, TensorInfo>, Dictionary<string, string>) ReadHeader(string path, SafeFileHandle handle)
    {
        var length = RandomAccess.GetLength(handle);
        Span<byte> prefix = stackalloc byte[8];
        if (length < 8 || !TryRead(handle, prefix, 0))
        {
            throw SafetensorsHeader.Bad(path, $"it has {length} bytes, too few for a header");
        }

        var headerLength = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (headerLength > SafetensorsHeader.MaxBytes)
        {
            throw SafetensorsHeader.Bad(path, $"it declares a header of {headerLength} bytes (at most {SafetensorsHeader.MaxBytes} are accepted); is it a safetensors file?");
        }

        if ((long)headerLength > length - 8)
        {
            throw SafetensorsHeader.Bad(path, $"it declares a header of {headerLength} bytes but has only {length - 8} after the length (cut off?)");
        }

        var json = new byte[(int)headerLength];
        if (!TryRead(handle, json, 8))
        {
            throw SafetensorsHeader.Bad(path, "it ends inside its header");
        }

        return SafetensorsHeader.Parse(path, json, length - 8 - json.Length);
    }

    private static bool TryRead(SafeFileHandle handle, Span<byte> destination, long offset)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(handle, destination, offset);
            if (read == 0)
            {
                return false;
            }

            destination = destination[read..];
            offset += read;
        }

        return true;
    }

    private void ReadExactly(TensorInfo info, Span<byte> destination, long offset)
    {
        ObjectDisposedException.ThrowIf(handle.IsClosed, this);
        try
        {
            if (!TryRead(handle, destination, info.Offset + offset))
            {
                throw Problem(info, "the file has become shorter since it was opened");
            }
        }
        catch (IOException e)
        {
            throw StorageErrors.Failed("read model file", Path, e, ErrorKind.ModelFile);
        }
    }

    private TensorInfo Find(string name) => tensors.TryGetValue(name, out var info)
        ? info
        : throw new DiffusionException(ErrorKind.ModelFile, $"safetensors file '{Path}' has no tensor '{name}' ({tensors.Count} others)");

    private void RequireConvertible(TensorInfo info, bool allowIntegers)
    {
        if (!allowIntegers && info.Dtype is not (TensorDtype.F64 or TensorDtype.F32 or TensorDtype.F16 or TensorDtype.BF16))
        {
            throw Problem(info, $"it holds {info.Dtype}, a floating-point type was expected");
        }
    }

    private DiffusionException Problem(TensorInfo info, string reason) =>
        new(ErrorKind.ModelFile, $"safetensors file '{Path}', tensor '{info.Name}': {reason}");
}
