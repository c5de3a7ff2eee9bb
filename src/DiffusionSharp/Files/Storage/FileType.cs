using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace DiffusionSharp.Files.Storage;

/// <summary>What an open file is, in the words of stat's mode; .NET 10 does not tell.</summary>
internal static partial class FileType
{
    public const int Pipe = 0x1000;
    public const int CharacterDevice = 0x2000;
    public const int Folder = 0x4000;
    public const int BlockDevice = 0x6000;
    public const int Regular = 0x8000;
    public const int Socket = 0xC000;

    private const int Mask = 0xF000;

    // Of statx, whose structure is the same on every processor: the flag AT_EMPTY_PATH, the mask STATX_TYPE, where stx_mode lies.
    private const int EmptyPath = 0x1000;
    private const uint OnlyType = 1;
    private const int StructureBytes = 256;
    private const int ModeOffset = 28;
    private const int FromHere = 1;

    /// <summary>The type; where only that can be told, whatever can be sought in is regular, and what cannot is a pipe.</summary>
    public static int Read(SafeFileHandle handle)
    {
        var status = new byte[StructureBytes];
        return OperatingSystem.IsLinux() && Statx(handle, string.Empty, EmptyPath, OnlyType, status) == 0
            ? BinaryPrimitives.ReadUInt16LittleEndian(status.AsSpan(ModeOffset)) & Mask
            : Seek(handle, 0, FromHere) < 0 ? Pipe : Regular;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(SafeFileHandle handle, string path, int flags, uint mask, [Out] byte[] status);

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long Seek(SafeFileHandle handle, long offset, int whence);
}
