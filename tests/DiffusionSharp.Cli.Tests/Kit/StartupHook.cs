#pragma warning disable CA1050 // The runtime looks for this name in no namespace.

/// <summary>
/// Runs before the command does in a process of its own, when DOTNET_STARTUP_HOOKS names this assembly: at its end it writes what was loaded,
/// managed and native.
/// </summary>
internal static class StartupHook
{
    public const string Target = "DDIM_TEST_LOADED";

    public static void Initialize() => AppDomain.CurrentDomain.ProcessExit += (_, _) => File.WriteAllLines(
        Environment.GetEnvironmentVariable(Target)!,
        [.. AppDomain.CurrentDomain.GetAssemblies().Select(a => a.Location), .. Mapped()]);

    private static string[] Mapped() => OperatingSystem.IsLinux() ? [.. File.ReadLines("/proc/self/maps").Where(l => l.Contains('/')).Select(l => l[l.IndexOf('/')..]).Distinct()] : [];
}
