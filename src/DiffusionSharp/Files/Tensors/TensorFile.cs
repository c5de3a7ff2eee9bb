using System.Runtime.InteropServices;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Files.Tensors;

/// <summary>
/// An open file of named tensors, whatever its container: safetensors (in shards too) or what torch.save wrote. Opening it
/// (<c>TensorFiles.Open</c>) reads and checks the table of tensors only; their values are read when asked for. Safe for concurrent readers.
/// </summary>
public sealed class TensorFile : IDisposable
{
    private readonly IReadOnlyList<FileBytes> files;
    private readonly OrderedDictionary<string, TensorInfo> tensors;

    internal TensorFile(
        TensorContainer container, IReadOnlyList<FileBytes> files, OrderedDictionary<string, TensorInfo> tensors, IReadOnlyDictionary<string, string> values) =>
        (Container, this.files, this.tensors, Values) = (container, files, tensors, values);

    /// <summary>The file's path as given; the first of several.</summary>
    public string Path => files[0].Path;

    /// <summary>What it is made as.</summary>
    public TensorContainer Container { get; }

    /// <summary>Bytes of the file, or of all shards.</summary>
    public long Length => files.Where(f => !f.IsPart).Sum(f => f.Length);

    internal IReadOnlyList<FileBytes> Files => files;

    internal IReadOnlyList<StoredChecksum> Checksums { get; init; } = [];

    /// <summary>
    /// Every tensor by name, in the order of the file. In a checkpoint of nested dictionaries and lists the name is the path to it,
    /// joined by dots: <c>4.conv_in.weight</c>, <c>ema.ema_model.model.init_conv.weight</c>.
    /// </summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors => tensors;

    /// <summary>What the file holds besides tensors, as text: the metadata of safetensors; numbers and strings of a checkpoint by their path.</summary>
    public IReadOnlyDictionary<string, string> Values { get; }

    /// <summary>
    /// The classes and functions that the file names beside its tensors, such as <c>collections.Counter</c>. None was looked up or called, and what
    /// they stand for is not read.
    /// </summary>
    public IReadOnlyList<string> UnreadNames { get; internal init; } = [];

    /// <summary>
    /// Compares the bytes of every tensor with the checksums the file has of them. Those of torch.save's zip archives have CRC-32; the
    /// other containers have none, and are not read.
    /// </summary>
    /// <param name="progress">Told the part that is done, in [0, 1].</param>
    /// <param name="cancellationToken">Stops it between two pieces of a megabyte.</param>
    /// <returns>The number of bytes that were compared; 0 when the file has no checksums.</returns>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.ModelFile"/>: a checksum is wrong; the message names file and storage.</exception>
    public long Verify(IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        var total = Checksums.Sum(c => c.Length);
        var buffer = total == 0 ? [] : new byte[1 << 20];
        var done = 0L;
        foreach (var checksum in Checksums)
        {
            checksum.Check(files[checksum.File], buffer, cancellationToken);
            done += checksum.Length;
            progress?.Report(total == 0 ? 1 : (double)done / total);
        }

        return done;
    }

    /// <summary>Reads a tensor as float32; F16 and BF16 are exact, F64 is rounded.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="allowIntegers">Also convert integers and booleans, which are refused otherwise.</param>
    /// <exception cref="DiffusionException">No such tensor, an integer one, or it cannot be read.</exception>
    public HostTensor ReadFloat32(string name, bool allowIntegers = false) => ReadFloat32(Find(name), allowIntegers);

    /// <summary>Reads a view of a tensor as float32, in C order.</summary>
    /// <param name="view">One of <see cref="Tensors"/>, or a part of one.</param>
    /// <param name="allowIntegers">Also convert integers and booleans, which are refused otherwise.</param>
    /// <exception cref="DiffusionException">An integer one, or it cannot be read.</exception>
    public HostTensor ReadFloat32(TensorInfo view, bool allowIntegers = false)
    {
        ArgumentNullException.ThrowIfNull(view);
        RequireConvertible(view, allowIntegers);
        var data = GC.AllocateUninitializedArray<float>(ArrayLength(view, view.Elements));
        ReadFloat32(view, data, allowIntegers);
        return new HostTensor([.. view.Shape], data);
    }

    /// <summary>Reads a view of a tensor as float32, in C order, into memory of the caller.</summary>
    /// <param name="view">One of <see cref="Tensors"/>, or a part of one.</param>
    /// <param name="destination">Receives the values; exactly as long as the view has elements.</param>
    /// <param name="allowIntegers">Also convert integers and booleans, which are refused otherwise.</param>
    /// <exception cref="DiffusionException">An integer one, or it cannot be read.</exception>
    /// <exception cref="ArgumentException">The destination has another length.</exception>
    public void ReadFloat32(TensorInfo view, Span<float> destination, bool allowIntegers = false)
    {
        ArgumentNullException.ThrowIfNull(view);
        RequireConvertible(view, allowIntegers);
        if (destination.Length != view.Elements)
        {
            throw new ArgumentException($"tensor '{view.Name}' has {view.Elements} elements, the destination {destination.Length}", nameof(destination));
        }

        if (view.Dtype == TensorDtype.F32)
        {
            Read(view, MemoryMarshal.AsBytes(destination));
        }
        else
        {
            Elements.Convert<float>(view.Dtype, ReadBytes(view), destination);
        }
    }

    /// <summary>Reads a tensor's elements as they are in the file (little-endian), in C order.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="DiffusionException">No such tensor, or it cannot be read.</exception>
    public byte[] ReadBytes(string name) => ReadBytes(Find(name));

    /// <summary>Reads the elements of a view as they are in the file (little-endian), in C order.</summary>
    /// <param name="view">One of <see cref="Tensors"/>, or a part of one.</param>
    /// <exception cref="DiffusionException">It cannot be read.</exception>
    public byte[] ReadBytes(TensorInfo view)
    {
        ArgumentNullException.ThrowIfNull(view);
        var bytes = GC.AllocateUninitializedArray<byte>(ArrayLength(view, view.ByteLength));
        Read(view, bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files)
        {
            file.Dispose();
        }
    }

    private void RequireConvertible(TensorInfo view, bool allowIntegers)
    {
        if (!allowIntegers && view.Dtype is not (TensorDtype.F64 or TensorDtype.F32 or TensorDtype.F16 or TensorDtype.BF16))
        {
            throw Problem(view, $"it holds {view.Dtype}, a floating-point type was expected");
        }
    }

    private void Read(TensorInfo view, Span<byte> destination)
    {
        if (!ViewReader.TryRead(files[view.File], view, destination))
        {
            throw Problem(view, "the file has become shorter since it was opened");
        }
    }

    private int ArrayLength(TensorInfo view, long length) => length <= Array.MaxLength
        ? (int)length
        : throw Problem(view, $"its {length} elements or bytes are more than an array can hold ({Array.MaxLength})");

    private TensorInfo Find(string name) => tensors.TryGetValue(name, out var info)
        ? info
        : throw new DiffusionException(ErrorKind.ModelFile, $"model file '{Path}' has no tensor '{name}' ({tensors.Count} others)");

    private DiffusionException Problem(TensorInfo view, string reason) =>
        new(ErrorKind.ModelFile, $"model file '{files[view.File].Path}', tensor '{Printable.Sanitize(view.Name)}': {reason}");
}
