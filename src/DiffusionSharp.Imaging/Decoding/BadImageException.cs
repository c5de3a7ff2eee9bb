namespace DiffusionSharp.Imaging.Decoding;

/// <summary>One image cannot be used; the message is the reason, without the file's name.</summary>
internal sealed class BadImageException(string reason, Exception? inner = null) : Exception(reason, inner);
