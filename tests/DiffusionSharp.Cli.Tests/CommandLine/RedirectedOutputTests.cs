using System.Diagnostics;
using System.Text;

namespace DiffusionSharp.Cli.Tests.CommandLine;

/// <summary>What goes to a file or another program is UTF-8, whatever the console would take.</summary>
public sealed class RedirectedOutputTests
{
    [Theory]
    [InlineData("±", "plan", "--steps", "2")]
    [InlineData("δ", "plan", "--solver", "δ")]
    public void Redirected_output_is_UTF8(string said, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", args.Prepend(typeof(Cli).Assembly.Location))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = new UTF8Encoding(false, throwOnInvalidBytes: true),
            StandardErrorEncoding = new UTF8Encoding(false, throwOnInvalidBytes: true),
        };

        // What a code page is on Windows: .NET takes it for the console's encoding, where ± is another byte and δ is none.
        start.Environment["LC_ALL"] = "en_US.ISO-8859-1";
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.Contains(said, output + error.Result, StringComparison.Ordinal);
    }
}
