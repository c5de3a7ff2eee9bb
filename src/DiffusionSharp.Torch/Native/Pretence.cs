namespace DiffusionSharp.Torch.Native;

/// <summary>
/// What CI pretends of libtorch, so that the whole suite is seen to cope with machines where it is absent or computes
/// wrongly. It can only make libtorch be refused.
/// </summary>
internal static class Pretence
{
    /// <summary>The environment variable: <c>absent</c> or <c>wrong</c>.</summary>
    public const string Variable = "DIFFUSIONSHARP_TEST_LIBTORCH";

    private static readonly string? Value = Environment.GetEnvironmentVariable(Variable);

    public static bool IsAbsent => Value == "absent";

    public static bool IsWrong => Value == "wrong";
}
