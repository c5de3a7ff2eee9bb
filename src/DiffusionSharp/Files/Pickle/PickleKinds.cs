namespace DiffusionSharp.Files.Pickle;

internal enum SequenceKind
{
    List,
    Tuple,
    Set,
}

internal enum MapKind
{
    Dict,

    /// <summary>A dictionary that may have attributes (which are not kept).</summary>
    Ordered,

    /// <summary>An object that is nothing but its attributes.</summary>
    Namespace,
}

/// <summary>What a global of the allow-list does.</summary>
internal enum PickleFunction
{
    OrderedDict,
    DefaultDict,
    Namespace,
    Set,
    Marker,
    RebuildTensor,
    RebuildTensorV2,
    RebuildTensorV3,
    RebuildParameter,
    StorageType,
    UntypedStorage,
    Dtype,
    Size,
    Device,
    EncodeLatin1,
    ArrayScalar,
    ArrayReconstruct,
    ArrayFromBuffer,
    ArrayClass,
    ArrayDtype,
}
