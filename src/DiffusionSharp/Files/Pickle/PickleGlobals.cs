using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>The names a pickle may mention. None of them is looked up anywhere: each stands for a few lines of this reader.</summary>
internal static class PickleGlobals
{
    /// <summary>The most characters that are read of a module or a name.</summary>
    public const int MaxLength = 256;

    private static readonly (string Name, TensorDtype Dtype)[] Storages =
    [
        ("Float", TensorDtype.F32), ("Double", TensorDtype.F64), ("Half", TensorDtype.F16), ("BFloat16", TensorDtype.BF16), ("Long", TensorDtype.I64),
        ("Int", TensorDtype.I32), ("Short", TensorDtype.I16), ("Char", TensorDtype.I8), ("Byte", TensorDtype.U8), ("Bool", TensorDtype.BOOL),
    ];

    private static readonly (string Name, TensorDtype Dtype)[] Dtypes =
    [
        ("float32", TensorDtype.F32), ("float64", TensorDtype.F64), ("float16", TensorDtype.F16), ("bfloat16", TensorDtype.BF16), ("int64", TensorDtype.I64),
        ("int32", TensorDtype.I32), ("int16", TensorDtype.I16), ("int8", TensorDtype.I8), ("uint8", TensorDtype.U8), ("bool", TensorDtype.BOOL),
    ];

    // Names with which a file does harm where it is unpickled: nobody keeps such a thing beside weights.
    private static readonly string[] Programs =
    [
        "os.", "posix.", "nt.", "sys.", "subprocess.", "commands.", "pty.", "socket.", "shutil.", "ctypes.", "importlib.", "runpy.", "webbrowser.",
        "builtins.eval", "builtins.exec", "builtins.compile", "builtins.open", "builtins.__import__", "builtins.breakpoint",
    ];

    // What makes tensors, or their storages, in ways that are not read.
    private static readonly string[] Tensors = ["torch._utils.", "torch._tensor.", "torch.storage."];

    private static readonly Dictionary<string, PickleValue> Allowed = Make();
    private static readonly Dictionary<string, PickleValue>.AlternateLookup<ReadOnlySpan<char>> Lookup = Allowed.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Why a name is refused.</summary>
    public static string Refusal(string name) =>
        $"its pickle names '{Printable.Sanitize(name, 200)}', which is not among what tensors need; a pickle is a program, and this reader runs none. " +
        "If you trust the file, load it in Python and save only the weights: torch.save(model.state_dict(), 'weights.pth'), or safetensors";

    /// <summary>A global by its full name: one of those that tensors need, or a name that is not read.</summary>
    /// <exception cref="DiffusionException">As <see cref="RequireHarmless"/>.</exception>
    public static PickleValue Find(PickleContext context, scoped ReadOnlySpan<char> name)
    {
        // Python 2's name for it, which protocols 0 to 2 still write.
        scoped Span<char> renamed = stackalloc char[(2 * MaxLength) + 1];
        const string Old = "__builtin__.", New = "builtins.";
        if (name.StartsWith(Old, StringComparison.Ordinal))
        {
            New.CopyTo(renamed);
            name[Old.Length..].CopyTo(renamed[New.Length..]);
            name = renamed[..(name.Length - Old.Length + New.Length)];
        }

        return Lookup.TryGetValue(name, out var value) ? value : context.Name(name);
    }

    /// <summary>Refuses a name that runs programs where the file is unpickled, or makes tensors in a way that is not read.</summary>
    public static void RequireHarmless(string path, string name)
    {
        if (Programs.Any(p => name.StartsWith(p, StringComparison.Ordinal)) || Tensors.Any(t => name.StartsWith(t, StringComparison.Ordinal))
            || (name.StartsWith("torch.", StringComparison.Ordinal) && name.EndsWith("Storage", StringComparison.Ordinal)))
        {
            throw ModelFileError.Refused(path, Refusal(name));
        }
    }

    private static Dictionary<string, PickleValue> Make()
    {
        var all = new Dictionary<string, PickleValue>(StringComparer.Ordinal);
        void Add(PickleFunction function, params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                all.Add(name, new PickleValue.Global(name, function));
            }
        }

        Add(PickleFunction.OrderedDict, "collections.OrderedDict", "pytorch_lightning.utilities.parsing.AttributeDict", "lightning_fabric.utilities.data.AttributeDict");
        Add(PickleFunction.DefaultDict, "collections.defaultdict");
        Add(PickleFunction.Namespace, "argparse.Namespace");
        Add(PickleFunction.Set, "builtins.set", "builtins.frozenset");
        Add(PickleFunction.Marker, "builtins.dict", "builtins.list", "builtins.int", "builtins.float", "torch.nn.parameter.Parameter", "torch.Tensor");
        Add(PickleFunction.RebuildTensor, "torch._utils._rebuild_tensor");
        Add(PickleFunction.RebuildTensorV2, "torch._utils._rebuild_tensor_v2");
        Add(PickleFunction.RebuildTensorV3, "torch._utils._rebuild_tensor_v3");
        Add(PickleFunction.RebuildParameter, "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state");
        Add(PickleFunction.UntypedStorage, "torch.storage.UntypedStorage", "torch.UntypedStorage");
        Add(PickleFunction.Size, "torch.Size");
        Add(PickleFunction.Device, "torch.device");
        Add(PickleFunction.EncodeLatin1, "_codecs.encode");
        Add(PickleFunction.ArrayClass, "numpy.ndarray");
        Add(PickleFunction.ArrayDtype, "numpy.dtype");
        foreach (var core in (ReadOnlySpan<string>)["numpy.core", "numpy._core"])
        {
            Add(PickleFunction.ArrayScalar, $"{core}.multiarray.scalar");
            Add(PickleFunction.ArrayReconstruct, $"{core}.multiarray._reconstruct");
            Add(PickleFunction.ArrayFromBuffer, $"{core}.numeric._frombuffer");
        }

        foreach (var (storage, dtype) in Storages)
        {
            all.Add($"torch.{storage}Storage", new PickleValue.Global($"torch.{storage}Storage", PickleFunction.StorageType, dtype));
        }

        foreach (var (name, dtype) in Dtypes)
        {
            all.Add($"torch.{name}", new PickleValue.Global($"torch.{name}", PickleFunction.Dtype, dtype));
        }

        return all;
    }
}
